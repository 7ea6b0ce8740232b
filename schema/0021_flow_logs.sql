CREATE TABLE IF NOT EXISTS network_interfaces {{on_cluster}}
(
    -- As last seen: few enough to be joined to traffic, and filled from the inventory as that is stored.
    aws_region        LowCardinality(String),
    interface_id      String,
    aws_account_id    LowCardinality(String),
    vpc_id            LowCardinality(String),
    availability_zone LowCardinality(String),
    az_id             LowCardinality(String),
    addresses         Array(IPv6),
    marqo_customer    LowCardinality(String),
    marqo_cluster     LowCardinality(String),
    marqo_index       LowCardinality(String),
    marqo_env         LowCardinality(String),
    marqo_purpose     LowCardinality(String),
    account_role      LowCardinality(String),
    observed_at       DateTime64(3, 'UTC')
)
ENGINE = {{replicated}}ReplacingMergeTree(observed_at)
ORDER BY (aws_region, interface_id)
TTL toDateTime(observed_at) + INTERVAL 120 DAY
SETTINGS {{deduplication}};

CREATE MATERIALIZED VIEW IF NOT EXISTS network_interfaces_seen {{on_cluster}} TO network_interfaces AS
SELECT
    aws_region,
    resource_id AS interface_id,
    aws_account_id,
    properties['vpc_id'] AS vpc_id,
    properties['availability_zone'] AS availability_zone,
    properties['availability_zone_id'] AS az_id,
    -- Of a delegated prefix its first address, which is in the same subnet as the others.
    arrayDistinct(arrayMap(address -> toIPv6OrDefault(splitByChar('/', address)[1]), arrayFilter(address -> address != '', splitByChar(',', concat(
        properties['private_ip_address'], ',', properties['private_ip_addresses'], ',', properties['ipv6_addresses'], ',',
        properties['ipv4_prefixes'], ',', properties['ipv6_prefixes']))))) AS addresses,
    marqo_customer,
    marqo_cluster,
    marqo_index,
    marqo_env,
    marqo_purpose,
    account_role,
    observed_at
FROM resource_events
WHERE event_type = 'config' AND resource_type = 'ec2:eni';

CREATE TABLE IF NOT EXISTS flow_log_objects {{on_cluster}}
(
    -- Written after the object's traffic: only traffic with the time of its newest row counts. So an object that is loaded
    -- again replaces what it said before, and one that is half loaded says nothing.
    object           String CODEC(ZSTD(1)),
    location         String CODEC(ZSTD(1)),
    source           LowCardinality(String),
    aws_account_id   LowCardinality(String),
    aws_region       LowCardinality(String),
    flow_log_id      LowCardinality(String),
    format           LowCardinality(String),
    fields           Array(LowCardinality(String)),
    hours            Array(DateTime('UTC')),
    records          UInt64,
    nodata_records   UInt64,
    skipdata_records UInt64,
    malformed_lines  UInt64,
    bytes            UInt64,
    packets          UInt64,
    skipped          String,
    loaded_at        DateTime64(3, 'UTC'),

    CONSTRAINT object_is_set CHECK object != '',
    CONSTRAINT format_is_known CHECK format IN ('text', 'parquet'),
    CONSTRAINT loaded_at_is_set CHECK loaded_at >= toDateTime64('2020-01-01 00:00:00', 3, 'UTC')
)
ENGINE = {{replicated}}ReplacingMergeTree(loaded_at)
ORDER BY object
SETTINGS {{deduplication}};

CREATE TABLE IF NOT EXISTS flow_log_traffic {{on_cluster}}
(
    hour           DateTime('UTC'),
    aws_region     LowCardinality(String),
    aws_account_id LowCardinality(String),
    interface_id   LowCardinality(String),
    log_status     LowCardinality(String),
    direction      LowCardinality(String),
    peer_class     LowCardinality(String),
    action         LowCardinality(String),
    object         String CODEC(ZSTD(1)),
    flow_log_id    LowCardinality(String),
    records        UInt64,
    bytes          UInt64,
    packets        UInt64,
    loaded_at      DateTime64(3, 'UTC'),

    CONSTRAINT hour_is_plausible CHECK hour >= toDateTime('2006-01-01 00:00:00', 'UTC') AND hour < toDateTime('2095-01-01 00:00:00', 'UTC'),
    CONSTRAINT interface_is_set CHECK interface_id != '',
    CONSTRAINT log_status_is_known CHECK log_status IN ('OK', 'NODATA', 'SKIPDATA', 'MALFORMED'),
    CONSTRAINT object_is_set CHECK object != '',
    CONSTRAINT loaded_at_is_set CHECK loaded_at >= toDateTime64('2020-01-01 00:00:00', 3, 'UTC')
)
ENGINE = {{replicated}}ReplacingMergeTree(loaded_at)
PARTITION BY toYYYYMM(hour)
-- With the time, so that a load that is not named as loaded yet does not take the place of the one that counts.
ORDER BY (hour, aws_region, aws_account_id, interface_id, log_status, direction, peer_class, action, object, loaded_at)
SETTINGS {{deduplication}};

CREATE TABLE IF NOT EXISTS flow_log_malformed_lines {{on_cluster}}
(
    object      String CODEC(ZSTD(1)),
    line_number UInt64,
    line        String CODEC(ZSTD(1)),
    reason      LowCardinality(String),
    loaded_at   DateTime64(3, 'UTC'),

    CONSTRAINT object_is_set CHECK object != '',
    CONSTRAINT reason_is_set CHECK reason != '',
    CONSTRAINT loaded_at_is_set CHECK loaded_at >= toDateTime64('2020-01-01 00:00:00', 3, 'UTC')
)
ENGINE = {{replicated}}ReplacingMergeTree(loaded_at)
ORDER BY (object, line_number)
TTL toDateTime(loaded_at) + INTERVAL 120 DAY
SETTINGS {{deduplication}};
