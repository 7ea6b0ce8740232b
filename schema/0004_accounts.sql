CREATE TABLE IF NOT EXISTS accounts_discovered {{on_cluster}}
(
    aws_account_id String,
    name           String,
    email          String,
    ou_path        String,
    status         LowCardinality(String),
    tags           Map(String, String),
    source         LowCardinality(String),
    observed_at    DateTime64(3, 'UTC'),

    CONSTRAINT account_is_set CHECK aws_account_id != '',
    CONSTRAINT source_is_set CHECK source != '',
    CONSTRAINT observed_at_is_set CHECK observed_at >= toDateTime64('2020-01-01 00:00:00', 3, 'UTC')
)
ENGINE = {{replicated}}ReplacingMergeTree(observed_at)
ORDER BY aws_account_id
SETTINGS {{deduplication}};

CREATE TABLE IF NOT EXISTS accounts_settings {{on_cluster}}
(
    aws_account_id String,
    account_role   LowCardinality(String),
    polo_status    LowCardinality(String) DEFAULT 'active',
    polo_read_role String,
    external_id    String,
    regions        Array(String),
    updated_at     DateTime64(3, 'UTC'),

    CONSTRAINT account_is_set CHECK aws_account_id != '',
    CONSTRAINT polo_status_is_known CHECK polo_status IN ('active', 'paused', 'pending', 'suspended'),
    CONSTRAINT updated_at_is_set CHECK updated_at >= toDateTime64('2020-01-01 00:00:00', 3, 'UTC')
)
ENGINE = {{replicated}}ReplacingMergeTree(updated_at)
ORDER BY aws_account_id
SETTINGS {{deduplication}};

CREATE OR REPLACE VIEW aws_accounts {{on_cluster}} AS
SELECT
    if(discovered.aws_account_id != '', discovered.aws_account_id, settings.aws_account_id) AS aws_account_id,
    discovered.name AS name,
    discovered.email AS email,
    discovered.ou_path AS ou_path,
    discovered.status AS status,
    discovered.tags AS tags,
    discovered.source AS source,
    settings.account_role AS account_role,
    multiIf(
        discovered.status NOT IN ('', 'ACTIVE'), 'suspended',
        settings.polo_status != '', settings.polo_status,
        'active') AS polo_status,
    settings.polo_read_role AS polo_read_role,
    settings.external_id AS external_id,
    settings.regions AS regions,
    discovered.observed_at AS discovered_at
FROM (SELECT * FROM accounts_discovered FINAL) AS discovered
FULL OUTER JOIN (SELECT * FROM accounts_settings FINAL) AS settings
    ON discovered.aws_account_id = settings.aws_account_id;
