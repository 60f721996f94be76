"""A chart lives exactly as long as its element: a real browser with a Plotly that only counts."""

from __future__ import annotations

import pytest

from pages.components.shell.javascript import javascript
from pages.components.train.curves import live_curves
from pages.components.widgets.charts import chart

MOTION = "reduce"

CURVES = {
    "runs": [
        {"id": "a", "name": "a", "version": "1", "start": 0, "first_epoch": 0, "epochs": [],
         "marks": [], "colour": None,
         "batches": {"epoch": [1], "loss": [1], "accuracy": [1], "learning_rate": [1],
                     "mean_loss": [1], "mean_accuracy": [1]}}
    ],
    "log": False,
}  # fmt: skip
CHART = {"plotly": "", "figure": '{"data":[]}', "described": "", "clickable": True, "chosen": None}
CURVES_HTML = '<div class="learning-curves"></div>'


@pytest.mark.parametrize(
    ("component", "html", "data"),
    [(live_curves, CURVES_HTML, CURVES), (chart, chart.HTML, CHART)],
    ids=["curves", "chart"],
)
def test_a_chart_is_thrown_away_with_its_element_and_not_before(page, component, html, data):
    """Streamlit also cleans up when newer data or another theme arrive at once."""
    script = javascript(component.__file__)
    counts = page.evaluate(
        """async ({ source, html, data }) => {
            const counts = { drawn: 0, purged: 0 }
            const none = { on() {} }
            const library = {
                react: async (element) => { Object.assign(element, none); counts.drawn += 1 },
                purge: () => { counts.purged += 1 },
            }
            window.digitLabPlotly = { [data.plotly]: Promise.resolve(library) }
            const file = new Blob([source], { type: "text/javascript" })
            const script = await import(URL.createObjectURL(file))
            const parentElement = document.createElement("div")
            parentElement.innerHTML = html
            document.body.append(parentElement)
            const show = () => script.default({ data, parentElement, setTriggerValue() {} })
            const settled = () => new Promise((done) => setTimeout(done, 50))
            let cleanUp = show()
            await settled()
            cleanUp()
            const shown = { ...counts }
            cleanUp = show()
            await settled()
            parentElement.remove()
            cleanUp()
            return [shown.drawn > 0, shown.purged, counts.purged]
        }""",
        {"source": script, "html": html, "data": data},
    )
    assert counts == [True, 0, 1]
