/** Opens an address with $BROWSER, or with what the system has for it. False when there is nothing, or it cannot run. */
export function openBrowser(
  address: string,
  { environment, platform }: { environment: NodeJS.ProcessEnv; platform: NodeJS.Platform },
): boolean {
  const command = commandFor(environment, platform)
  if (!command || !Bun.which(command, { PATH: environment.PATH ?? '' })) return false
  // No shell: the address is one argument, whatever is in it.
  const child = Bun.spawn([command, address], { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore', env: environment })
  child.unref()
  return true
}

function commandFor({ BROWSER, DISPLAY, WAYLAND_DISPLAY }: NodeJS.ProcessEnv, platform: NodeJS.Platform) {
  if (BROWSER) return BROWSER
  if (platform === 'darwin') return 'open'
  return DISPLAY || WAYLAND_DISPLAY ? 'xdg-open' : undefined
}
