import { defineConfig } from 'vite'

// Relative asset addresses let the server hand the console out under any path; the API is always at /api/v1.
export default defineConfig({
  base: './',
  build: {
    target: ['chrome120', 'firefox124'],
    modulePreload: { polyfill: false },
    // Everything stays a file, so the page runs under a content security policy of 'self' alone.
    assetsInlineLimit: 0,
  },
  worker: { format: 'es' },
  server: {
    proxy: { '/api': 'http://localhost:8080' },
  },
})
