import { tableOf } from '../../../../platform/foreign-json/index.ts'

/**
 * Groups of artifacts whose jars have no pom.properties, because they are built by Gradle or Ant, by how their names
 * begin; the longest that fits counts. Advisories of Maven name the group too.
 */
const BY_BEGINNING = tableOf<string>({
  'akka-': 'com.typesafe.akka',
  'akka-http': 'com.typesafe.akka',
  'ant-': 'org.apache.ant',
  'apacheds-': 'org.apache.directory.server',
  'asm-': 'org.ow2.asm',
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
  'groovy-': 'org.codehaus.groovy',
  'grpc-': 'io.grpc',
  'hamcrest-': 'org.hamcrest',
  'hibernate-': 'org.hibernate',
  'jackson-annotations': 'com.fasterxml.jackson.core',
  'jackson-core': 'com.fasterxml.jackson.core',
  'jackson-databind': 'com.fasterxml.jackson.core',
  'jackson-dataformat-': 'com.fasterxml.jackson.dataformat',
  'jackson-datatype-': 'com.fasterxml.jackson.datatype',
  'jackson-module-': 'com.fasterxml.jackson.module',
  'jetty-': 'org.eclipse.jetty',
  'junit-jupiter': 'org.junit.jupiter',
  'junit-platform-': 'org.junit.platform',
  'junit-vintage-': 'org.junit.vintage',
  'kafka-': 'org.apache.kafka',
  kafka_: 'org.apache.kafka',
  'kotlin-': 'org.jetbrains.kotlin',
  'kotlinx-coroutines-': 'org.jetbrains.kotlinx',
  'ktor-': 'io.ktor',
  'log4j-': 'org.apache.logging.log4j',
  'logging-interceptor': 'com.squareup.okhttp3',
  'lucene-': 'org.apache.lucene',
  'micrometer-': 'io.micrometer',
  'micronaut-': 'io.micronaut',
  'mockito-': 'org.mockito',
  'netty-': 'io.netty',
  'okhttp-': 'com.squareup.okhttp3',
  'okio-': 'com.squareup.okio',
  'opentelemetry-': 'io.opentelemetry',
  'poi-': 'org.apache.poi',
  'pulsar-': 'org.apache.pulsar',
  'quarkus-': 'io.quarkus',
  'reactor-': 'io.projectreactor',
  'reactor-netty': 'io.projectreactor.netty',
  'scala-': 'org.scala-lang',
  'slf4j-': 'org.slf4j',
  'solr-': 'org.apache.solr',
  'spark-': 'org.apache.spark',
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
  'tika-': 'org.apache.tika',
  'tomcat-': 'org.apache.tomcat',
  'tomcat-embed-': 'org.apache.tomcat.embed',
  'velocity-': 'org.apache.velocity',
  'vertx-': 'io.vertx',
})

/** Whole names, of artifacts of the same kind. */
const BY_NAME = tableOf<string>({
  ant: 'org.apache.ant',
  'apiguardian-api': 'org.apiguardian',
  asm: 'org.ow2.asm',
  bsh: 'org.apache-extras.beanshell',
  catalina: 'org.apache.tomcat',
  dom4j: 'org.dom4j',
  elasticsearch: 'org.elasticsearch',
  freemarker: 'org.freemarker',
  groovy: 'org.codehaus.groovy',
  gson: 'com.google.code.gson',
  guava: 'com.google.guava',
  guice: 'com.google.inject',
  h2: 'com.h2database',
  'hibernate-commons-annotations': 'org.hibernate.common',
  hsqldb: 'org.hsqldb',
  jasper: 'org.apache.tomcat',
  jna: 'net.java.dev.jna',
  jsch: 'com.jcraft',
  json: 'org.json',
  'json-path': 'com.jayway.jsonpath',
  'jsp-api': 'javax.servlet',
  junit: 'junit',
  log4j: 'log4j',
  'log4j-core': 'org.apache.logging.log4j',
  'lz4-java': 'org.lz4',
  'mysql-connector-j': 'com.mysql',
  'mysql-connector-java': 'mysql',
  ognl: 'ognl',
  okhttp: 'com.squareup.okhttp3',
  okio: 'com.squareup.okio',
  poi: 'org.apache.poi',
  'poi-ooxml': 'org.apache.poi',
  postgresql: 'org.postgresql',
  'reactive-streams': 'org.reactivestreams',
  retrofit: 'com.squareup.retrofit2',
  rxjava: 'io.reactivex.rxjava3',
  'scala-library': 'org.scala-lang',
  'servlet-api': 'javax.servlet',
  'slf4j-api': 'org.slf4j',
  snakeyaml: 'org.yaml',
  velocity: 'org.apache.velocity',
  wiremock: 'com.github.tomakehurst',
  xalan: 'xalan',
  xercesImpl: 'xerces',
  'xml-apis': 'xml-apis',
})

/** Attributes that tend to hold a group, the surest first. */
const ATTRIBUTES = ['implementation-vendor-id', 'bundle-symbolicname', 'automatic-module-name', 'extension-name']
/** What has moved to another group at some version. */
const MOVED: readonly (readonly [beginning: string, since: number, group: string])[] = [
  ['groovy', 4, 'org.apache.groovy'],
  ['hibernate-core', 6, 'org.hibernate.orm'],
  ['hibernate-validator', 6, 'org.hibernate.validator'],
]

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
  const major = Number.parseInt(version, 10)
  const moved = MOVED.find(([beginning, since]) => artifact.startsWith(beginning) && major >= since)
  if (moved !== undefined) return moved[2]
  if (Object.hasOwn(BY_NAME, artifact)) return BY_NAME[artifact]
  // `jakarta.annotation-api` is of jakarta.annotation; old artifacts of Apache Commons are each a group.
  if (/^(?:javax|jakarta)\./.test(artifact)) return artifact.split('-', 1)[0]
  if (artifact.startsWith('commons-')) return artifact
  let longest = ''
  for (const beginning of Object.keys(BY_BEGINNING)) {
    if (beginning.length > longest.length && artifact.startsWith(beginning)) longest = beginning
  }
  return BY_BEGINNING[longest]
}

/** `org.example.things` with the artifact things is of the group org.example; `org.things` is of itself. */
function withoutArtifact(name: string, artifact: string): string {
  const group = name.endsWith(`.${artifact}`) ? name.slice(0, -artifact.length - 1) : name
  return group.includes('.') ? group : name
}
