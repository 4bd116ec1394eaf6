"""What is counted of erasures: how many are not over though they should be; nothing of whom.

| name | labels | alarm |
|---|---|---|
| guildhall_erasures_overdue | | any: somebody was promised to be forgotten, and is not |
"""

from prometheus_client import Gauge

from servicekit.metrics import REGISTRY

OVERDUE = Gauge("guildhall_erasures_overdue", "Erasures that are not over after 15 minutes.", registry=REGISTRY)
