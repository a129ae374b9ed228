/**
 * The oldest browsers in which the pages work, for the syntax of their scripts and style sheets. Style sheets use
 * `light-dark()` (Chrome 123, Safari 17.5), and hints the popover API (Firefox 125).
 */
export const browsers = ['chrome123', 'firefox125', 'safari17.5', 'ios17.5']
