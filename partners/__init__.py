"""The partner platform: keys, engines over REST, subscriptions, signed webhooks."""
