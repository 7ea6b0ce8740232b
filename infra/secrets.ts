/** Set by `sst secret set`. They reach only the functions that link them, encrypted. */
export const clickHouseSecrets = [
  new sst.Secret('ClickHouseUrl'),
  new sst.Secret('ClickHouseUser'),
  new sst.Secret('ClickHousePassword'),
]

/** What of a database is no secret. */
export const clickHouseEnvironment = { CLICKHOUSE_DATABASE: process.env.POLO_DATABASE || 'polo' }
