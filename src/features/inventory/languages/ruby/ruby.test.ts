import { expect, test } from 'bun:test'
import { foundBy } from '../../../../../test/support/package-files.ts'
import { GEMFILE_LOCK } from './gemfile-lock.ts'
import { GEMSPEC } from './gemspec.ts'

const READERS = [GEMSPEC, GEMFILE_LOCK]

test('an installed gem is what its specification says', async () => {
  const specification = `# -*- encoding: utf-8 -*-
# stub: rack 2.2.3 ruby lib

Gem::Specification.new do |s|
  s.name = "rack".freeze
  s.version = "2.2.3"

  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=
  s.require_paths = ["lib".freeze]
  s.authors = ["Leah Neukirchen".freeze]
  s.homepage = "https://github.com/#{s.name}"
  s.licenses = ["MIT".freeze, 'Ruby']
  s.add_runtime_dependency(%q<x>.freeze, [">= 9"])
end
`
  const path = 'usr/local/bundle/specifications/rack-2.2.3.gemspec'
  expect(await foundBy(READERS, path, specification)).toEqual([
    { ecosystem: 'RubyGems', name: 'rack', version: '2.2.3', purl: 'pkg:gem/rack@2.2.3', licences: ['MIT', 'Ruby'] },
  ])
  expect(await foundBy(READERS, 'usr/local/bundle/gems/rack-2.2.3/rack.gemspec', specification)).toBeUndefined()
})

test('Gemfile.lock names gems of registries, and no others', async () => {
  const lock = `GIT
  remote: https://example.com/mine.git
  specs:
    mine (0.1.0)

GEM
  remote: https://rubygems.org/
  specs:
    nokogiri (1.11.0-x86_64-linux)
      racc (~> 1.4)
    rack (2.2.3)

PLATFORMS
  ruby

DEPENDENCIES
  rack (= 2.2.3)
`
  const found = await foundBy(READERS, 'app/Gemfile.lock', lock)
  expect(found?.map(({ name, version }) => `${name} ${version}`)).toEqual(['nokogiri 1.11.0', 'rack 2.2.3'])
})
