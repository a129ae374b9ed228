import postgres from 'postgres'

export const sql = postgres(process.env.DATABASE_URL, { onnotice: () => {} })

await sql`create schema if not exists shop`
await sql`
  create table if not exists shop.users (
    id bigint generated always as identity primary key,
    email text not null unique,
    password_hash text not null
  )`
await sql`
  create table if not exists shop.sessions (
    id text primary key,
    user_id bigint not null references shop.users on delete cascade,
    expires_at timestamptz not null
  )`
await sql`
  create table if not exists shop.orders (
    id bigint generated always as identity primary key,
    user_id bigint not null references shop.users on delete cascade,
    item text not null
  )`
