/**
 * Advisories written down for the images of this bench, for ecosystems of which no data comes with it: known
 * vulnerabilities, with the versions that public advisories name. They are to compare programs by, not to rely on.
 */
export interface Written {
  readonly ecosystem: string
  readonly name: string
  readonly cve: string
  /** Pairs of the first version that is affected and the first that is no more; the last may have no end. */
  readonly ranges: readonly (readonly [string, string?])[]
}

/** One a line: the package, the CVE, then ranges as `from..until`, with nothing after the dots where there is no fix. */
const OF_NPM = `
lodash CVE-2020-8203 3.7.0..4.17.19
lodash CVE-2021-23337 0..4.17.21
lodash CVE-2020-28500 4.0.0..4.17.21
axios CVE-2020-28168 0..0.21.1
axios CVE-2021-3749 0..0.21.2
axios CVE-2023-45857 0.8.1..0.28.0 1.0.0..1.6.0
minimist CVE-2020-7598 0..0.2.1 1.0.0..1.2.3
minimist CVE-2021-44906 0..0.2.4 1.0.0..1.2.6
node-fetch CVE-2020-15168 0..2.6.1 3.0.0-beta.1..3.0.0-beta.9
node-fetch CVE-2022-0235 0..2.6.7 3.0.0..3.1.1
ws CVE-2021-32640 5.0.0..5.2.3 6.0.0..6.2.2 7.0.0..7.4.6
ws CVE-2024-37890 2.1.0..5.2.4 6.0.0..6.2.3 7.0.0..7.5.10 8.0.0..8.17.1
express CVE-2024-29041 0..4.19.2 5.0.0-alpha.1..5.0.0-beta.3
express CVE-2024-43796 0..4.20.0 5.0.0-alpha.1..5.0.0
qs CVE-2022-24999 0..6.2.4 6.3.0..6.3.3 6.4.0..6.4.1 6.5.0..6.5.3 6.6.0..6.6.1 6.7.0..6.7.3
body-parser CVE-2024-45590 0..1.20.3
send CVE-2024-43799 0..0.19.0
serve-static CVE-2024-43800 0..1.16.0
path-to-regexp CVE-2024-45296 0..0.1.10 0.2.0..1.9.0 2.0.0..3.3.0 4.0.0..6.3.0
cookie CVE-2024-47764 0..0.7.0
follow-redirects CVE-2022-0155 0..1.14.7
follow-redirects CVE-2023-26159 0..1.15.4
next CVE-2021-37699 0.9.9..11.1.0
next CVE-2020-15242 9.5.0..9.5.4
@angular/core CVE-2021-4231 0..10.2.5 11.0.0-next.0..11.0.5 11.1.0-next.0..11.1.0-next.3
@babel/traverse CVE-2023-45133 0..7.23.2 8.0.0-alpha.0..8.0.0-alpha.4
ansi-regex CVE-2021-3807 3.0.0..3.0.1 4.0.0..4.1.1 5.0.0..5.0.1 6.0.0..6.0.1
glob-parent CVE-2020-28469 0..5.1.2
braces CVE-2024-4068 0..3.0.3
micromatch CVE-2024-4067 0..4.0.8
json5 CVE-2022-46175 0..1.0.2 2.0.0..2.2.2
loader-utils CVE-2022-37601 0..1.4.1 2.0.0..2.0.3
minimatch CVE-2022-3517 0..3.0.5
semver CVE-2022-25883 0..5.7.2 6.0.0..6.3.1 7.0.0..7.5.2
tough-cookie CVE-2023-26136 0..4.1.3
word-wrap CVE-2023-26115 0..1.2.4
terser CVE-2022-25858 0..4.8.1 5.0.0..5.14.2
elliptic CVE-2024-48949 0..6.5.6
browserify-sign CVE-2023-46234 2.6.0..4.2.2
set-value CVE-2021-23440 0..2.0.1 3.0.0..4.0.1
decode-uri-component CVE-2022-38900 0..0.2.1
request CVE-2023-28155 0..
node-notifier CVE-2020-7789 0..8.0.1
postcss CVE-2023-44270 0..8.4.31
browserslist CVE-2021-23364 4.0.0..4.16.5
jsdom CVE-2021-20066 0..16.5.0
ssri CVE-2021-27290 5.2.2..6.0.2 7.0.0..7.1.1 8.0.0..8.0.1
ip CVE-2023-42282 0..1.1.9 2.0.0..2.0.1
http-cache-semantics CVE-2022-25881 0..4.1.1
tar CVE-2024-28863 0..6.2.1
`
const OF_MAVEN = `
org.apache.logging.log4j:log4j-core CVE-2021-44228 2.0-beta9..2.3.1 2.4..2.12.2 2.13.0..2.15.0
org.apache.logging.log4j:log4j-core CVE-2021-45046 2.0-beta9..2.12.2 2.13.0..2.16.0
org.apache.logging.log4j:log4j-core CVE-2021-45105 2.0-alpha1..2.3.1 2.4..2.12.3 2.13.0..2.17.0
org.apache.logging.log4j:log4j-core CVE-2021-44832 2.0-beta7..2.3.2 2.4..2.12.4 2.13.0..2.17.1
org.springframework:spring-beans CVE-2022-22965 0..5.2.20.RELEASE 5.3.0..5.3.18
org.springframework:spring-webmvc CVE-2022-22965 0..5.2.20.RELEASE 5.3.0..5.3.18
org.springframework:spring-web CVE-2016-1000027 0..6.0.0
org.springframework:spring-web CVE-2024-22243 0..5.3.32 6.0.0..6.0.17
org.springframework:spring-expression CVE-2022-22950 0..5.2.20.RELEASE 5.3.0..5.3.17
org.springframework:spring-core CVE-2021-22096 5.2.0.RELEASE..5.2.18.RELEASE 5.3.0..5.3.11
org.springframework.security:spring-security-core CVE-2022-22976 0..5.5.7 5.6.0..5.6.4
org.springframework.security:spring-security-web CVE-2022-22978 0..5.4.11 5.5.0..5.5.7 5.6.0..5.6.4
org.springframework.boot:spring-boot CVE-2023-20873 0..2.5.15 2.6.0..2.6.15 2.7.0..2.7.11
org.apache.tomcat.embed:tomcat-embed-core CVE-2022-42252 8.5.0..8.5.83 9.0.0-M1..9.0.68 10.0.0-M1..10.0.27
org.yaml:snakeyaml CVE-2022-1471 0..2.0
org.yaml:snakeyaml CVE-2022-25857 0..1.31
com.fasterxml.jackson.core:jackson-databind CVE-2020-36518 0..2.12.6.1 2.13.0..2.13.2.1
com.fasterxml.jackson.core:jackson-databind CVE-2019-12384 2.0.0..2.7.9.6 2.8.0..2.8.11.4 2.9.0..2.9.9.1
com.fasterxml.jackson.core:jackson-databind CVE-2022-42003 0..2.12.7.1 2.13.0..2.13.4.2
ch.qos.logback:logback-classic CVE-2023-6378 0..1.2.13 1.3.0..1.3.12 1.4.0..1.4.12
ch.qos.logback:logback-core CVE-2021-42550 0..1.2.9
org.apache.struts:struts2-core CVE-2020-17530 2.0.0..2.5.26
org.apache.struts:struts2-core CVE-2019-0230 2.0.0..2.5.22
org.apache.struts:struts2-core CVE-2023-50164 2.0.0..2.5.33 6.0.0..6.3.0.2
commons-collections:commons-collections CVE-2015-7501 3.0..3.2.2
commons-fileupload:commons-fileupload CVE-2016-1000031 0..1.3.3
commons-fileupload:commons-fileupload CVE-2023-24998 0..1.5
commons-io:commons-io CVE-2021-29425 0..2.7
commons-io:commons-io CVE-2024-47554 2.0..2.14.0
`
const OF_RUBY = `
rack CVE-2022-44571 2.0.0..2.0.9.2 2.1.0.0..2.1.4.2 2.2.0.0..2.2.6.1 3.0.0.0..3.0.4.1
rack CVE-2024-25126 0.4..2.2.8.1 3.0.0..3.0.9.1
rack CVE-2025-27610 0..2.2.13 3.0.0..3.0.14 3.1.0..3.1.12
nokogiri CVE-2022-23476 1.13.8..1.13.10
nokogiri CVE-2022-24836 0..1.13.4
activesupport CVE-2023-38037 5.2.0..6.1.7.5 7.0.0..7.0.7.1
actionpack CVE-2023-28362 0..6.1.7.4 7.0.0..7.0.5.1
actionpack CVE-2024-41128 3.1.0..6.1.7.9 7.0.0..7.0.8.5
actionview CVE-2023-23913 5.1.0..6.1.7.3 7.0.0..7.0.4.3
activerecord CVE-2022-44566 0..6.1.7.1 7.0.0..7.0.4.1
loofah CVE-2022-23514 0..2.19.1
rails-html-sanitizer CVE-2022-23517 0..1.4.4
globalid CVE-2023-22799 0.2.1..1.0.1
rexml CVE-2024-35176 0..3.2.7
rexml CVE-2024-49761 0..3.3.9
webrick CVE-2024-47220 0..1.8.2
cgi CVE-2021-41816 0.1.0..0.1.0.1 0.2.0..0.2.1 0.3.0..0.3.1
rdoc CVE-2024-27281 0..6.3.4.1 6.4.0..6.4.1.1 6.5.0..6.5.1.1
stringio CVE-2024-27280 3.0.0..3.0.1.1
`
const OF_RUST = `
time CVE-2020-26235 0.1.0..0.2.23
regex CVE-2022-24713 0..1.5.5
smallvec CVE-2021-25900 0.6.3..0.6.14 1.0.0..1.6.1
smallvec CVE-2019-15551 0.6.5..0.6.10
`
const OF_NET = `
Microsoft.NETCore.App CVE-2022-24512 3.1.0..3.1.23
Microsoft.NETCore.App CVE-2022-34716 3.1.0..3.1.28
`
/** Of both releases. */
const OF_DEBIAN = `
apt CVE-2011-3374 0..
coreutils CVE-2016-2781 0..
coreutils CVE-2017-18018 0..
glibc CVE-2010-4756 0..
glibc CVE-2018-20796 0..
glibc CVE-2019-1010022 0..
glibc CVE-2019-9192 0..
glibc CVE-2023-4911 0..2.36-9+deb12u3
gnupg2 CVE-2022-3219 0..
systemd CVE-2013-4392 0..
systemd CVE-2023-31437 0..
tar CVE-2005-2541 0..
util-linux CVE-2022-0563 0..
util-linux CVE-2024-28085 0..2.38.1-5+deb12u1
shadow CVE-2007-5686 0..
perl CVE-2011-4116 0..
sqlite3 CVE-2021-45346 0..
openldap CVE-2017-14159 0..
krb5 CVE-2018-5709 0..
libgcrypt20 CVE-2018-6829 0..
gcc-12 CVE-2022-27943 0..
gcc-14 CVE-2022-27943 0..
openssl CVE-2023-0464 0..3.0.9-1
openssl CVE-2010-0928 0..
nghttp2 CVE-2023-44487 0..1.52.0-1+deb12u1
ncurses CVE-2023-29491 0..6.4-3
ncurses CVE-2025-6141 0..
zlib CVE-2023-45853 0..1:1.3.dfsg-1
xz-utils CVE-2024-3094 5.5.1alpha-0.1..5.6.1+really5.4.5-1
bash TEMP-0841856 0..
sysvinit TEMP-0517018 0..
iptables CVE-2012-2663 0..
jquery CVE-2020-11023 0..3.5.0+dfsg-1
tomcat10 CVE-2023-46589 0..10.1.16-1
nodejs CVE-2023-30589 0..18.19.0+dfsg-1
rails CVE-2022-44566 0..2:6.1.7.3+dfsg-1
python3.13 CVE-2025-4517 0..3.13.5-1
`

const OF_ECOSYSTEMS: Readonly<Record<string, string>> = {
  npm: OF_NPM,
  Maven: OF_MAVEN,
  RubyGems: OF_RUBY,
  'crates.io': OF_RUST,
  NuGet: OF_NET,
  'Debian:12': OF_DEBIAN,
  'Debian:13': OF_DEBIAN,
}

export const WRITTEN: readonly Written[] = Object.entries(OF_ECOSYSTEMS).flatMap(([ecosystem, lines]) =>
  lines
    .trim()
    .split('\n')
    .map(line => {
      const [name = '', cve = '', ...ranges] = line.split(' ')
      return { ecosystem, name, cve, ranges: ranges.map(range => rangeOf(range)) }
    }),
)

function rangeOf(range: string): readonly [string, string?] {
  const [from = '0', until] = range.split('..')
  return until ? [from, until] : [from]
}
