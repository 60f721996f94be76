"""Test digits whose labels may be wrong: what networks predict, and what visitors think."""

import streamlit as st

from pages.components.analysis.errors.label_issue_view import explain_issues, show_issues
from pages.components.analysis.label_issue_search import find_label_issues
from pages.components.analysis.split_predictions import predict_split_or_stop, split_of
from pages.components.shell import dataset, frame, networks
from pages.components.shell.steady import steady

frame.page("Model or label?")
run = networks.chosen_network()
st.title("Model or label? · Label issues")
data = dataset.get()
predictions = predict_split_or_stop(run, data, split_of(run, data, "test"))
with steady():
    found = find_label_issues(predictions)
explain_issues(found, predictions.split.labels.size)
show_issues(predictions, found.issues)
