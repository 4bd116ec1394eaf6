"""The style sheet, whole: the look of public health services, without anybody's logo or typeface."""

from base64 import b64encode
from hashlib import sha256

STYLE = """
*{box-sizing:border-box}
body{margin:0;background:#f0f4f5;color:#212b32;font:1rem/1.5 Arial,sans-serif;overflow-wrap:break-word}
.nhsuk-skip-link{position:absolute;left:-999px;padding:8px 16px;background:#ffeb3b;color:#212b32}
.nhsuk-skip-link:focus{left:8px;top:8px}
.nhsuk-header{background:#005eb8;color:#fff;padding:16px 0}
.nhsuk-header__service-name{font-size:1.25rem;font-weight:700}
.nhsuk-width-container{max-width:1100px;margin:0 auto;padding:0 16px}
.nhsuk-main-wrapper{padding:32px 0 56px}
.nhsuk-heading-l{font-size:2rem;line-height:1.25;margin:0 0 16px}
.nhsuk-heading-m{font-size:1.5rem;line-height:1.3;margin:32px 0 12px}
.nhsuk-inset-text{margin:24px 0;padding:12px 16px;background:#fff;border-left:8px solid #005eb8}
.nhsuk-table-container{overflow-x:auto;background:#fff;padding:16px}
.nhsuk-inset-text p{margin:0}
.nhsuk-inset-text p+p{margin-top:8px}
.guildhall-chart-container{overflow-x:auto}
.guildhall-chart-container:focus,
.nhsuk-table-container:focus,a:focus{outline:4px solid #212b32;outline-offset:0;box-shadow:0 0 0 8px #ffeb3b}
.nhsuk-table{border-collapse:collapse;width:100%}
.nhsuk-table__caption{text-align:left;font-weight:700;padding:0 0 12px}
.nhsuk-table__header,.nhsuk-table__cell{padding:8px 16px 8px 0;text-align:left;vertical-align:top}
.nhsuk-table__header,.nhsuk-table__cell{border-bottom:1px solid #d8dde0}
.nhsuk-table__cell--numeric,.nhsuk-table__header--numeric{text-align:right;min-width:5em}
.nhsuk-table__cell--numeric{white-space:nowrap}
.nhsuk-table__row--total{font-weight:700;border-top:2px solid #4c6272}
.nhsuk-table tbody th{min-width:9em}
.suppressed{font-style:italic}
.figure{margin:24px 0;padding:16px;background:#fff}
.figure figcaption{margin-top:8px}
.chart{display:block;width:100%;height:auto;min-width:640px;max-width:760px}
.nhsuk-summary-list dt{font-weight:700}
.nhsuk-summary-list dd{margin:0 0 8px}
.nhsuk-footer{padding:24px 0;border-top:4px solid #005eb8;background:#d8dde0}
@media print{.chart{min-width:0}.nhsuk-skip-link,.nhsuk-footer{display:none}body{background:#fff}}
"""

ALLOWED = b64encode(sha256(STYLE.encode()).digest()).decode()
"""Its hash, as a content security policy names it."""
