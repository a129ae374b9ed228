/** Style sheets, which the bundler collects in a file of their own. */
declare module '*.css' {}
