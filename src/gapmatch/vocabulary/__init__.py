"""The words of the field, each once: statuses, outcomes of visits, labels for officials."""
