"""Survey planning: an area photographed completely, in as many flights as batteries need."""

from missions.survey.params import Coverage, Sortie, SurveyParams, SurveyPlan
from missions.survey.plan import plan_survey

__all__ = ["Coverage", "Sortie", "SurveyParams", "SurveyPlan", "plan_survey"]
