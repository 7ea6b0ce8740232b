ALTER TABLE resource_events {{on_cluster}} ADD CONSTRAINT IF NOT EXISTS event_time_is_plausible
    CHECK event_time < toDateTime64('2095-01-01 00:00:00', 3, 'UTC');
