import { DateTimeResolver, JSONObjectResolver } from 'graphql-scalars'

/** The scalars that the types of this package use, by name. */
export const scalars = {
  DateTime: {
    type: DateTimeResolver,
    description:
      'A date and time as in RFC 3339 §5.6, such as `2027-12-03T10:15:30.000Z`. The server answers in UTC with milliseconds, and accepts any offset.',
  },
  JSONObject: { type: JSONObjectResolver, description: 'A JSON object (ECMA-404).' },
} as const
