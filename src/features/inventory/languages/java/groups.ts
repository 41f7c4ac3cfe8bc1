import { artifactOf } from './archive-name.ts'

/**
 * Groups of artifacts whose jars have no pom.properties, because they are built by Gradle or Ant, by how their names
 * begin; the longest that fits counts. Advisories of Maven name the group too.
 */
const BY_BEGINNING: Readonly<Record<string, string>> = {
  'ant-': 'org.apache.ant',
  'bcmail-': 'org.bouncycastle',
  'bcpg-': 'org.bouncycastle',
  'bcpkix-': 'org.bouncycastle',
  'bcprov-': 'org.bouncycastle',
  'bcutil-': 'org.bouncycastle',
  'byte-buddy': 'net.bytebuddy',
  'cassandra-': 'org.apache.cassandra',
  'elasticsearch-': 'org.elasticsearch',
  'geode-': 'org.apache.geode',
  'graphql-java': 'com.graphql-java',
  'grpc-': 'io.grpc',
  'hibernate-': 'org.hibernate',
  'jackson-annotations': 'com.fasterxml.jackson.core',
  'jackson-core': 'com.fasterxml.jackson.core',
  'jackson-databind': 'com.fasterxml.jackson.core',
  'kafka-': 'org.apache.kafka',
  'kotlin-': 'org.jetbrains.kotlin',
  'kotlinx-coroutines-': 'org.jetbrains.kotlinx',
  'ktor-': 'io.ktor',
  'logging-interceptor': 'com.squareup.okhttp3',
  'lucene-': 'org.apache.lucene',
  'micrometer-': 'io.micrometer',
  'okhttp-': 'com.squareup.okhttp3',
  'okio-': 'com.squareup.okio',
  'opentelemetry-': 'io.opentelemetry',
  'reactor-': 'io.projectreactor',
  'reactor-netty': 'io.projectreactor.netty',
  'solr-': 'org.apache.solr',
  'spring-': 'org.springframework',
  'spring-amqp': 'org.springframework.amqp',
  'spring-batch-': 'org.springframework.batch',
  'spring-boot': 'org.springframework.boot',
  'spring-cloud-': 'org.springframework.cloud',
  'spring-data-': 'org.springframework.data',
  'spring-graphql': 'org.springframework.graphql',
  'spring-hateoas': 'org.springframework.hateoas',
  'spring-integration-': 'org.springframework.integration',
  'spring-kafka': 'org.springframework.kafka',
  'spring-ldap-': 'org.springframework.ldap',
  'spring-rabbit': 'org.springframework.amqp',
  'spring-retry': 'org.springframework.retry',
  'spring-security-': 'org.springframework.security',
  'spring-session-': 'org.springframework.session',
  'spring-vault-': 'org.springframework.vault',
  'spring-ws-': 'org.springframework.ws',
  'springdoc-openapi-': 'org.springdoc',
  'tomcat-': 'org.apache.tomcat',
  'tomcat-embed-': 'org.apache.tomcat.embed',
  'tika-': 'org.apache.tika',
  'velocity-': 'org.apache.velocity',
}

/** Whole names, of artifacts of the same kind. */
const BY_NAME: Readonly<Record<string, string>> = {
  ant: 'org.apache.ant',
  catalina: 'org.apache.tomcat',
  'commons-codec': 'commons-codec',
  'commons-collections': 'commons-collections',
  'commons-fileupload': 'commons-fileupload',
  'commons-io': 'commons-io',
  'commons-logging': 'commons-logging',
  dom4j: 'org.dom4j',
  elasticsearch: 'org.elasticsearch',
  groovy: 'org.codehaus.groovy',
  'groovy-all': 'org.codehaus.groovy',
  h2: 'com.h2database',
  hsqldb: 'org.hsqldb',
  jasper: 'org.apache.tomcat',
  jsch: 'com.jcraft',
  json: 'org.json',
  junit: 'junit',
  log4j: 'log4j',
  'log4j-core': 'org.apache.logging.log4j',
  'mysql-connector-j': 'com.mysql',
  'mysql-connector-java': 'mysql',
  okhttp: 'com.squareup.okhttp3',
  okio: 'com.squareup.okio',
  ognl: 'ognl',
  poi: 'org.apache.poi',
  'poi-ooxml': 'org.apache.poi',
  postgresql: 'org.postgresql',
  'reactive-streams': 'org.reactivestreams',
  retrofit: 'com.squareup.retrofit2',
  rxjava: 'io.reactivex.rxjava3',
  'scala-library': 'org.scala-lang',
  'slf4j-api': 'org.slf4j',
  velocity: 'org.apache.velocity',
  xercesImpl: 'xerces',
  xalan: 'xalan',
  'xml-apis': 'xml-apis',
}

/** Attributes that tend to hold a group, the surest first. */
const ATTRIBUTES = ['implementation-vendor-id', 'bundle-symbolicname', 'automatic-module-name', 'extension-name']

/**
 * The group of an artifact whose archive has no pom.properties: as it is known, else as the manifest hints. The name
 * of the artifact itself when neither tells, as old artifacts have it.
 */
export function groupOf(artifact: string, version: string, manifest: ReadonlyMap<string, string>): string {
  const known = knownGroup(artifact, version)
  if (known !== undefined) return known
  for (const attribute of ATTRIBUTES) {
    // OSGi lets directives follow a semicolon.
    const value = manifest.get(attribute)?.split(';', 1)[0]?.trim() ?? ''
    if (/^[a-z][\w-]*(?:\.[\w-]+)+$/i.test(value)) return withoutArtifact(value, artifact)
  }
  return artifact
}

function knownGroup(artifact: string, version: string): string | undefined {
  if (artifact.startsWith('groovy') && Number.parseInt(version, 10) >= 4) return 'org.apache.groovy'
  if (artifact.startsWith('hibernate-core') && Number.parseInt(version, 10) >= 6) return 'org.hibernate.orm'
  if (artifact.startsWith('hibernate-validator') && Number.parseInt(version, 10) >= 6) return 'org.hibernate.validator'
  if (Object.hasOwn(BY_NAME, artifact)) return BY_NAME[artifact]
  let longest = ''
  for (const beginning of Object.keys(BY_BEGINNING)) {
    if (beginning.length > longest.length && artifact.startsWith(beginning)) longest = beginning
  }
  return BY_BEGINNING[longest]
}

/** `org.example.things` with the artifact things is the group org.example. */
const withoutArtifact = (name: string, artifact: string): string =>
  name.endsWith(`.${artifact}`) && artifactOf(artifact) === artifact ? name.slice(0, -artifact.length - 1) : name
