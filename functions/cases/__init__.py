"""Cases: what a workflow could not settle by itself and a person decides."""
