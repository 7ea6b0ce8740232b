CREATE TABLE IF NOT EXISTS aws_pricing {{on_cluster}}
(
    rate_code         String CODEC(ZSTD(1)),
    currency          LowCardinality(String),
    price_list        LowCardinality(String),
    service_code      LowCardinality(String),
    term              LowCardinality(String),
    sku               String CODEC(ZSTD(1)),
    product_family    LowCardinality(String),
    region            LowCardinality(String),
    location          LowCardinality(String),
    usage_type        LowCardinality(String),
    operation         LowCardinality(String),
    instance_type     LowCardinality(String),
    operating_system  LowCardinality(String),
    tenancy           LowCardinality(String),
    license_model     LowCardinality(String),
    capacity_status   LowCardinality(String),
    pre_installed_sw  LowCardinality(String),
    volume_type       LowCardinality(String),
    savings_plan_type LowCardinality(String),
    lease_term        LowCardinality(String),
    purchase_option   LowCardinality(String),
    description       String CODEC(ZSTD(1)),
    unit              LowCardinality(String),
    price             Float64,
    begin_range       Float64,
    end_range         Nullable(Float64),
    effective_date    Nullable(DateTime64(3, 'UTC')),
    attributes        Map(String, String) CODEC(ZSTD(1)),
    observed_at       DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),

    CONSTRAINT rate_is_set CHECK rate_code != '' AND sku != '',
    CONSTRAINT service_is_set CHECK service_code != '',
    CONSTRAINT price_list_is_set CHECK price_list != '',
    CONSTRAINT term_is_known CHECK term IN ('OnDemand', 'SavingsPlan'),
    CONSTRAINT price_is_of_a_unit CHECK currency != '' AND unit != '',
    CONSTRAINT price_is_finite CHECK isFinite(price) AND price >= 0,
    CONSTRAINT range_is_finite CHECK isFinite(begin_range) AND begin_range >= 0 AND isFinite(ifNull(end_range, 0)),
    CONSTRAINT observed_at_is_set CHECK observed_at >= toDateTime64('2020-01-01 00:00:00', 3, 'UTC')
)
ENGINE = {{replicated}}ReplacingMergeTree(observed_at)
ORDER BY (price_list, service_code, region, rate_code, currency)
SETTINGS {{deduplication}};

CREATE OR REPLACE VIEW current_prices {{on_cluster}} AS
-- What AWS no longer lists goes only when a look at all of the list, of which every row is stored, did not find it.
SELECT prices.*
FROM (SELECT * FROM aws_pricing FINAL) AS prices
LEFT JOIN
(
    SELECT
        multiIf(startsWith(look.aws_region, 'cn-'), 'aws-cn', startsWith(look.aws_region, 'us-gov-'), 'aws-us-gov', 'aws') AS price_list,
        max(look.observed_at) AS since
    FROM stored_looks(collector = 'pricing', newest = 100) AS look
    GROUP BY price_list
) AS newest ON toString(prices.price_list) = newest.price_list
WHERE prices.observed_at >= newest.since
SETTINGS join_use_nulls = 0;

CREATE OR REPLACE VIEW ec2_on_demand_prices {{on_cluster}} AS
-- Named as EC2 names them, to be joined with what config_ec2 says of an instance. The newest look counts: what it did not see
-- is still listed where it was not complete.
SELECT
    region,
    instance_type,
    operation AS usage_operation,
    if(tenancy = 'Shared', 'default', lower(tenancy)) AS tenancy,
    any(operating_system) AS operating_system,
    currency,
    argMax(price, (observed_at, price)) AS hourly_price
FROM current_prices AS listed
WHERE listed.service_code = 'AmazonEC2'
  AND listed.term = 'OnDemand'
  AND listed.instance_type != ''
  AND listed.capacity_status = 'Used'
  AND listed.unit = 'Hrs'
  AND listed.attributes['marketoption'] IN ('', 'OnDemand')
GROUP BY region, instance_type, usage_operation, tenancy, currency;

CREATE OR REPLACE VIEW ec2_savings_plan_prices {{on_cluster}} AS
SELECT
    region,
    instance_type,
    operation AS usage_operation,
    if(tenancy = 'Shared', 'default', lower(tenancy)) AS tenancy,
    savings_plan_type,
    lease_term,
    purchase_option,
    any(operating_system) AS operating_system,
    currency,
    argMax(price, (observed_at, price)) AS hourly_price
FROM current_prices AS listed
WHERE listed.service_code = 'AmazonEC2' AND listed.term = 'SavingsPlan' AND listed.unit = 'Hrs'
GROUP BY
    region, instance_type, usage_operation, tenancy, savings_plan_type, lease_term, purchase_option, currency;

CREATE OR REPLACE VIEW public_ipv4_prices {{on_cluster}} AS
SELECT
    region,
    if(endsWith(usage_type, 'IdleAddress'), 'idle', 'in_use') AS use,
    currency,
    argMax(price, (observed_at, price)) AS hourly_price
FROM current_prices AS listed
WHERE listed.service_code = 'AmazonVPC' AND match(listed.usage_type, 'PublicIPv4:(InUse|Idle)Address$')
GROUP BY region, use, currency;
