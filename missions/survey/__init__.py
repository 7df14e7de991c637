"""Survey planning: an area photographed completely, in as many flights as batteries need."""

from missions.survey.params import Coverage, Sortie, SurveyParams, SurveyPlan, TriggerKind
from missions.survey.plan import plan_survey

__all__ = ["Coverage", "Sortie", "SurveyParams", "SurveyPlan", "TriggerKind", "plan_survey"]
