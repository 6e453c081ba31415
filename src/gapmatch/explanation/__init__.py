"""Why a firm has its link, status and rank: scores as the parts that add up to them."""
