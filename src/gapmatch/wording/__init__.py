"""Sentences for officials, made from codes and numbers."""
