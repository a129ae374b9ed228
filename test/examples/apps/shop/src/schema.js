import { addKeyManagement } from 'latchkey/pothos'
import { builder, latchkey } from './builder.js'
import { sql } from './database.js'

const User = builder.objectRef('User').implement({
  fields: (t) => ({
    id: t.exposeID('id'),
    email: t.string({ resolve: ({ id }) => emailOf(id) }),
  }),
})

async function emailOf(id) {
  const [{ email }] = await sql`select email from shop.users where id = ${id}`
  return email
}

const Order = builder.objectRef('Order').implement({
  fields: (t) => ({
    id: t.exposeID('id'),
    item: t.exposeString('item'),
  }),
})

builder.queryFields((t) => ({
  me: t.field({
    type: User,
    nullable: true,
    public: true,
    description: 'The person who is signed in.',
    resolve: (_root, _args, { user }) => user,
  }),
  orders: t.field({
    type: [Order],
    requiresScopes: 'read:orders',
    resolve: (_root, _args, { user }) =>
      sql`select id, item from shop.orders where user_id = ${user.id} order by id`,
  }),
}))

builder.mutationFields((t) => ({
  placeOrder: t.field({
    type: Order,
    requiresScopes: 'write:orders',
    args: { item: t.arg.string({ required: true }) },
    resolve: async (_root, { item }, { user }) => {
      const [order] = await sql`
        insert into shop.orders (user_id, item) values (${user.id}, ${item}) returning id, item`
      return order
    },
  }),
}))

addKeyManagement(builder, { latchkey })
export const schema = builder.toSchema()
