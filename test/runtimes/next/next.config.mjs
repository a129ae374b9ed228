export default {
  // The packages of the runtimes are in another folder.
  turbopack: { root: '/' },
  experimental: { cpus: 1, turbopackFileSystemCacheForBuild: false },
}
