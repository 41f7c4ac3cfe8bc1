/** A VEX document in the shape that Red Hat gives them, much shortened. */
export function csaf(id: string, { severity = 'Important' }: { readonly severity?: string } = {}): object {
  const platform = (product_id: string, cpe: string) => ({
    category: 'product_name',
    product: { product_id, product_identification_helper: { cpe } },
  })
  const component = (product_id: string, purl?: string) => ({
    category: 'product_version',
    product: { product_id, ...(purl ? { product_identification_helper: { purl } } : {}) },
  })
  const part = (place: string, what: string) => ({
    category: 'default_component_of',
    full_product_name: { product_id: `${place}:${what}` },
    product_reference: what,
    relates_to_product_reference: place,
  })
  return {
    document: {
      category: 'csaf_vex',
      aggregate_severity: { text: severity },
      publisher: { namespace: 'https://www.redhat.com' },
      title: 'openssl: a flaw',
      tracking: { id, initial_release_date: '2026-01-01T00:00:00Z', current_release_date: '2026-02-01T00:00:00Z' },
    },
    product_tree: {
      branches: [
        {
          category: 'vendor',
          branches: [
            platform('BaseOS-9.4', 'cpe:/o:redhat:enterprise_linux:9::baseos'),
            platform('rhel-9-2-eus', 'cpe:/o:redhat:rhel_eus:9.2::baseos'),
            platform('red_hat_enterprise_linux_8', 'cpe:/o:redhat:enterprise_linux:8'),
            platform('red_hat_enterprise_linux_7', 'cpe:/o:redhat:enterprise_linux:7'),
            component('openssl-1:3.0.7-27.el9.src', 'pkg:rpm/redhat/openssl@3.0.7-27.el9?arch=src&epoch=1'),
            component(
              'openssl-libs-1:3.0.7-27.el9.x86_64',
              'pkg:rpm/redhat/openssl-libs@3.0.7-27.el9?arch=x86_64&epoch=1',
            ),
            component('nodejs18', 'pkg:rpm/redhat/nodejs@18.19.1-1.module?arch=src&epoch=1'),
            component('nodejs20', 'pkg:rpm/redhat/nodejs@20.11.1-1.module?arch=src&epoch=1'),
            component('openssl', 'pkg:rpm/redhat/openssl?arch=src'),
            component('openshift/console', 'pkg:oci/console'),
          ],
        },
      ],
      relationships: [
        part('BaseOS-9.4', 'openssl-1:3.0.7-27.el9.src'),
        part('BaseOS-9.4', 'openssl-libs-1:3.0.7-27.el9.x86_64'),
        part('BaseOS-9.4', 'nodejs18'),
        part('BaseOS-9.4', 'nodejs20'),
        part('BaseOS-9.4', 'openshift/console'),
        part('rhel-9-2-eus', 'openssl-1:3.0.7-27.el9.src'),
        part('red_hat_enterprise_linux_8', 'openssl'),
        part('red_hat_enterprise_linux_7', 'openssl'),
      ],
    },
    vulnerabilities: [
      {
        cve: id,
        notes: [{ category: 'description', text: 'A flaw was found.' }],
        references: [{ category: 'self', url: `https://access.redhat.com/security/cve/${id}` }],
        product_status: {
          fixed: [
            'BaseOS-9.4:openssl-1:3.0.7-27.el9.src',
            'BaseOS-9.4:openssl-libs-1:3.0.7-27.el9.x86_64',
            'BaseOS-9.4:nodejs20',
            'BaseOS-9.4:nodejs18',
            'rhel-9-2-eus:openssl-1:3.0.7-27.el9.src',
          ],
          known_affected: ['red_hat_enterprise_linux_8:openssl', 'BaseOS-9.4:openshift/console'],
          known_not_affected: ['red_hat_enterprise_linux_7:openssl', 'nobody:nothing'],
        },
        scores: [{ cvss_v3: { vectorString: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N' } }],
      },
    ],
  }
}
