import type { FileReader } from '../file-reader.ts'
import { DEPS_JSON } from './dotnet/deps-json.ts'
import { PACKAGES_LOCK } from './dotnet/packages-lock.ts'
import { EXECUTABLES } from './executables/index.ts'
import { JAVA_ARCHIVES } from './java/archives.ts'
import { PACKAGE_JSON } from './npm/package-json.ts'
import { PACKAGE_LOCK } from './npm/package-lock.ts'
import { PNPM_LOCK } from './npm/pnpm-lock.ts'
import { YARN_LOCK } from './npm/yarn-lock.ts'
import { COMPOSER_INSTALLED, COMPOSER_LOCK } from './php/composer.ts'
import { PYTHON_EGGS } from './python/eggs.ts'
import { PYTHON_METADATA } from './python/metadata.ts'
import { PYTHON_LOCKS } from './python/python-locks.ts'
import { GEMFILE_LOCK } from './ruby/gemfile-lock.ts'
import { GEMSPEC } from './ruby/gemspec.ts'
import { CARGO_LOCK } from './rust/cargo-lock.ts'

export { withoutInstalledLocks } from './locks.ts'
export { readSbom, type Sbom } from './sbom/read-sbom.ts'

/** What knows packages of programming languages. What only a lock file names is marked, see `withoutInstalledLocks`. */
export const LANGUAGE_READERS: readonly FileReader[] = [
  PACKAGE_JSON,
  PYTHON_METADATA,
  PYTHON_EGGS,
  EXECUTABLES,
  JAVA_ARCHIVES,
  GEMSPEC,
  COMPOSER_INSTALLED,
  DEPS_JSON,
  PACKAGE_LOCK,
  PNPM_LOCK,
  YARN_LOCK,
  PYTHON_LOCKS,
  GEMFILE_LOCK,
  COMPOSER_LOCK,
  PACKAGES_LOCK,
  CARGO_LOCK,
]
