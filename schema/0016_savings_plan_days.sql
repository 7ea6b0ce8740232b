CREATE OR REPLACE VIEW savings_plan_days {{on_cluster}} AS
-- A row for each plan and day, in its currency: of commitments, which are no costs beside those that are billed. Null is what
-- AWS did not say, which is not 0.
SELECT
    toDate(event_time) AS day,
    aws_account_id,
    resource_arn AS savings_plan_arn,
    anyIf(unit, unit != 'Percent') AS currency,
    sumOrNullIf(value, event_action = 'TotalCommitment') AS total_commitment,
    sumOrNullIf(value, event_action = 'UsedCommitment') AS used_commitment,
    sumOrNullIf(value, event_action = 'UnusedCommitment') AS unused_commitment,
    sumOrNullIf(value, event_action = 'UtilizationPercentage') AS utilization_percentage,
    sumOrNullIf(value, event_action = 'AmortizedRecurringCommitment') AS amortized_recurring_commitment,
    sumOrNullIf(value, event_action = 'AmortizedUpfrontCommitment') AS amortized_upfront_commitment,
    sumOrNullIf(value, event_action = 'TotalAmortizedCommitment') AS total_amortized_commitment,
    sumOrNullIf(value, event_action = 'NetSavings') AS net_savings,
    sumOrNullIf(value, event_action = 'OnDemandCostEquivalent') AS on_demand_cost_equivalent,
    max(observed_at) AS observed_at
FROM (SELECT * FROM resource_events FINAL) AS events
WHERE event_type = 'metric' AND collector = 'savings_plans' AND resource_type = 'savingsplans:plan'
GROUP BY day, aws_account_id, savings_plan_arn;
