"""Grafana's dashboards as code: what they show, their JSON, and pictures of them."""
