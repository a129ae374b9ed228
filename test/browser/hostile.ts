/** Texts that would do harm if the page took them for HTML, for a format or for a direction. */
export const hostile = [
  '"><script>alert(1)</script>',
  '<img/src=x/onerror=alert(1)>',
  '<svg><animate onbegin=alert(1) attributeName=x></svg>',
  '</title></script><iframe srcdoc="<script>alert(1)</script>">',
  "javascript:alert('x')",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it must stay as it is
  '{{constructor.constructor("alert(1)")()}} ${alert(1)} <%= 1 %>',
  '%s %n $(alert) `alert` ; DROP TABLE api_keys; --',
  '[31mred[0m',
  'مفتاح الاختبار',
  `Zalgo ${'\u0336\u0311\u0489'.repeat(28)}`,
  'x'.repeat(100),
]
/** Metadata may hold any text, so also controls, and characters that reorder or hide the text around them. */
export const hostileMetadata = {
  '\u202Enimda\u2066': 'a\u202Egnp.exe\u200B\uFEFF\u001B[31m',
  nested: { '<img src=x onerror=alert(1)>': hostile },
  long: 'x'.repeat(1500),
}
