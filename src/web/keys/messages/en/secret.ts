export const secret = {}
