"""The extracts as agencies send them: columns in order, key, kind of delivery, dates of files.

This is the recording's own knowledge of what each system exports. It is held equal to the input
contract by a test; nothing here reads the contract.
"""

from __future__ import annotations

from dataclasses import dataclass

from think_family.synthesis.world import day

DELIVERIES = (day("2025-06-30"), day("2025-07-31"), day("2025-08-31"))
"""Days of the three deliveries: the first holds everything, the last is the date of the data."""


@dataclass(frozen=True)
class Layout:
    """One extract: where it comes from and what its files look like.

    Attributes:
        system: Folder of the system.
        extract: Folder of the extract in it.
        columns: Header of the first file, in order.
        key: Columns that identify a source row.
        full: Whether every file is the whole extract; otherwise later files hold only new and
            changed rows.
        yearly: Whether the system sends a full file at the first and the last delivery only (large
            or slow-moving registers).
        parquet: Whether the system sends Parquet rather than CSV.
        style: How the system writes dates.
    """

    system: str
    extract: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    full: bool
    yearly: bool = False
    parquet: bool = False
    style: str = "iso"

    @property
    def name(self) -> str:
        """The extract's name, system and extract."""
        return f"{self.system}/{self.extract}"

    @property
    def deliveries(self) -> tuple[int, ...]:
        """Days on which a file is sent."""
        return (DELIVERIES[0], DELIVERIES[-1]) if self.yearly else DELIVERIES


PROGRAMMES = {
    "gazetteer": "shared",
    "police_records": "force",
    "police_missing": "force",
    "police_control": "force",
    "police_pnc": "force",
    "school_register": "shared",
    "bristol_education": "bristol",
    "bristol_social_care": "bristol",
    "bristol_youth_justice": "bristol",
    "bristol_housing": "bristol",
    "bristol_revenues": "bristol",
    "dwp": "bristol",
    "health": "shared",
    "base": "bristol",
    "exploitation": "force",
    "response": "shared",
    "somerset_children": "somerset",
    "somerset_housing": "somerset",
}
"""Programme of each system: the whole force area, one of the two programmes, or shared."""

_STYLES = {
    "police_records": "dmy",
    "police_missing": "dmy",
    "police_control": "dmy",
    "police_pnc": "dmy",
    "bristol_youth_justice": "dmy",
    "bristol_housing": "dmy",
    "bristol_revenues": "dmy",
    "dwp": "dmy",
    "base": "dmy",
    "somerset_children": "dmon",
    "somerset_housing": "dmon",
}

_DECLARED: tuple[tuple[str, str, str, str, str], ...] = (
    # system, extract, full or incremental, key, columns
    (
        "gazetteer",
        "addresses",
        "full",
        "uprn",
        "uprn address_line locality postcode ward_code lsoa_code imd_decile address_kind "
        "recorded_date",
    ),
    (
        "police_records",
        "nominals",
        "full",
        "nominal_ref",
        "nominal_ref surname forename alias_surname date_of_birth sex ethnicity "
        "address_line postcode pnc_id recorded_date",
    ),
    (
        "police_records",
        "occurrences",
        "incremental",
        "occurrence_ref",
        "occurrence_ref offence_code flag started_at ended_at recorded_date location_line "
        "location_postcode location_uprn control_ref outcome_code",
    ),
    (
        "police_records",
        "occurrence_roles",
        "incremental",
        "occurrence_ref nominal_ref role",
        "occurrence_ref nominal_ref role recorded_date",
    ),
    (
        "police_records",
        "intelligence_reports",
        "incremental",
        "report_ref",
        "report_ref event_date recorded_date source_evaluation intelligence_assessment "
        "handling_code theme location_uprn occurrence_ref",
    ),
    (
        "police_records",
        "intelligence_subjects",
        "incremental",
        "report_ref nominal_ref",
        "report_ref nominal_ref subject_role recorded_date",
    ),
    (
        "police_records",
        "custody",
        "incremental",
        "custody_ref",
        "custody_ref nominal_ref occurrence_ref detained_at released_at outcome_code "
        "appropriate_adult recorded_date",
    ),
    (
        "police_records",
        "markers",
        "full",
        "marker_ref",
        "marker_ref nominal_ref marker_code from_date to_date recorded_date",
    ),
    (
        "police_records",
        "domestic_abuse",
        "incremental",
        "da_ref nominal_ref",
        "da_ref nominal_ref da_role dash_grade happened_date recorded_date occurrence_ref "
        "control_ref location_uprn",
    ),
    (
        "police_records",
        "antisocial_behaviour",
        "incremental",
        "asb_ref nominal_ref",
        "asb_ref nominal_ref category role happened_date recorded_date location_postcode",
    ),
    (
        "police_missing",
        "reports",
        "incremental",
        "missing_ref",
        "missing_ref nominal_ref grade missing_at found_at recorded_date missing_from "
        "from_uprn found_uprn script_exploitation script_substances script_self_harm "
        "script_older_friends control_ref",
    ),
    (
        "police_missing",
        "companions",
        "incremental",
        "missing_ref nominal_ref",
        "missing_ref nominal_ref role recorded_date",
    ),
    (
        "police_control",
        "incidents",
        "incremental",
        "control_ref",
        "control_ref incident_type opened_at recorded_date location_line location_postcode "
        "location_uprn",
    ),
    (
        "police_pnc",
        "checks",
        "incremental",
        "check_ref",
        "check_ref nominal_ref control_ref reason checked_at recorded_date",
    ),
    (
        "school_register",
        "schools",
        "full",
        "school_urn",
        "school_urn school_name phase programme_area uprn postcode n_places recorded_date",
    ),
    (
        "bristol_education",
        "pupils",
        "full",
        "pupil_ref",
        "pupil_ref upn former_upn legal_surname preferred_surname forename date_of_birth "
        "sex ethnicity free_school_meals address_line postcode recorded_date",
    ),
    (
        "bristol_education",
        "pupil_contacts",
        "full",
        "pupil_ref contact_no",
        "pupil_ref contact_no relationship surname forename date_of_birth sex address_line "
        "postcode has_parental_responsibility recorded_date",
    ),
    (
        "bristol_education",
        "enrolments",
        "full",
        "pupil_ref school_urn entry_date",
        "pupil_ref school_urn entry_date leaving_date status year_group leaving_reason "
        "recorded_date",
    ),
    (
        "bristol_education",
        "attendance",
        "incremental",
        "pupil_ref half_term",
        "pupil_ref half_term half_term_start school_urn sessions_possible "
        "sessions_authorised sessions_unauthorised recorded_date",
    ),
    (
        "bristol_education",
        "exclusions",
        "incremental",
        "exclusion_ref",
        "exclusion_ref pupil_ref school_urn exclusion_type reason start_date sessions "
        "recorded_date",
    ),
    (
        "bristol_education",
        "sen",
        "full",
        "sen_ref",
        "sen_ref pupil_ref provision primary_need start_date end_date recorded_date",
    ),
    (
        "bristol_education",
        "children_missing_education",
        "incremental",
        "cme_ref",
        "cme_ref pupil_ref reason start_date end_date recorded_date",
    ),
    (
        "bristol_education",
        "destinations",
        "incremental",
        "destination_ref",
        "destination_ref pupil_ref destination detail neet_risk from_date to_date recorded_date",
    ),
    (
        "bristol_social_care",
        "persons",
        "full",
        "person_ref",
        "person_ref surname forename former_surname date_of_birth sex ethnicity nhs_number "
        "upn record_status closed_date recorded_date",
    ),
    (
        "bristol_social_care",
        "relationships",
        "full",
        "person_ref related_ref relationship",
        "person_ref related_ref relationship from_date to_date recorded_date",
    ),
    (
        "bristol_social_care",
        "addresses",
        "full",
        "person_ref from_date address_type",
        "person_ref address_type address_line postcode uprn from_date to_date recorded_date",
    ),
    (
        "bristol_social_care",
        "referrals",
        "incremental",
        "referral_ref",
        "referral_ref person_ref referral_date source decision recorded_date",
    ),
    (
        "bristol_social_care",
        "assessments",
        "incremental",
        "assessment_ref",
        "assessment_ref person_ref referral_ref started_date completed_date recorded_date",
    ),
    (
        "bristol_social_care",
        "assessment_factors",
        "incremental",
        "assessment_ref factor_code",
        "assessment_ref factor_code recorded_date",
    ),
    (
        "bristol_social_care",
        "cin_plans",
        "incremental",
        "cin_ref",
        "cin_ref person_ref need_code start_date end_date recorded_date",
    ),
    (
        "bristol_social_care",
        "cp_plans",
        "incremental",
        "cp_ref",
        "cp_ref person_ref category start_date end_date recorded_date",
    ),
    (
        "bristol_social_care",
        "cla_episodes",
        "incremental",
        "cla_ref",
        "cla_ref person_ref legal_status placement placement_uprn start_date end_date "
        "end_reason recorded_date",
    ),
    (
        "bristol_social_care",
        "early_help",
        "incremental",
        "early_help_ref",
        "early_help_ref person_ref level start_date end_date outcome recorded_date",
    ),
    (
        "bristol_youth_justice",
        "interventions",
        "incremental",
        "yj_ref",
        "yj_ref young_person_ref surname forename date_of_birth sex postcode pnc_id type "
        "start_date end_date recorded_date",
    ),
    (
        "bristol_housing",
        "tenancies",
        "full",
        "tenancy_ref",
        "tenancy_ref tenure uprn address_line postcode start_date end_date recorded_date",
    ),
    (
        "bristol_housing",
        "occupants",
        "full",
        "tenancy_ref occupant_no",
        "tenancy_ref occupant_no relation surname forename date_of_birth sex nino from_date "
        "to_date recorded_date",
    ),
    (
        "bristol_housing",
        "homelessness",
        "incremental",
        "case_ref",
        "case_ref surname forename date_of_birth nino last_postcode stage reason n_children "
        "opened_date closed_date recorded_date",
    ),
    (
        "bristol_housing",
        "rent_arrears",
        "incremental",
        "tenancy_ref month_end",
        "tenancy_ref month_end arrears recorded_date",
    ),
    (
        "bristol_housing",
        "asb_cases",
        "incremental",
        "asb_case_ref",
        "asb_case_ref tenancy_ref type opened_date closed_date recorded_date",
    ),
    (
        "bristol_revenues",
        "council_tax",
        "full",
        "account_ref liable_no",
        "account_ref liable_no surname forename date_of_birth nino uprn address_line "
        "postcode status reduction arrears from_date to_date recorded_date",
    ),
    (
        "dwp",
        "benefits",
        "incremental",
        "claim_ref claimant_no",
        "claim_ref claimant_no role nino surname forename date_of_birth postcode "
        "address_line benefit work_status start_date end_date recorded_date",
    ),
    (
        "health",
        "gp_registrations",
        "full",
        "nhs_number practice_code registered_date",
        "nhs_number practice_code surname forename previous_surname date_of_birth sex "
        "address_line postcode registered_date deducted_date status recorded_date",
    ),
    (
        "health",
        "maternity",
        "incremental",
        "pregnancy_ref",
        "pregnancy_ref nhs_number booking_date due_date outcome recorded_date",
    ),
    (
        "health",
        "mental_health_contacts",
        "incremental",
        "contact_ref",
        "contact_ref nhs_number service status contact_date recorded_date",
    ),
    (
        "health",
        "substance_treatment",
        "incremental",
        "treatment_ref",
        "treatment_ref nhs_number substance start_date end_date exit_reason recorded_date",
    ),
    (
        "base",
        "services",
        "full",
        "service_ref",
        "service_ref surname forename date_of_birth postcode referral_date referral_source "
        "triage triage_date service_start_date service_end_date end_reason recorded_date",
    ),
    (
        "exploitation",
        "panel_decisions",
        "full",
        "panel_ref",
        "panel_ref surname forename date_of_birth postcode nominal_ref referral_date "
        "panel_date decision exploitation_type recorded_date",
    ),
    (
        "exploitation",
        "national_referrals",
        "full",
        "nrm_ref stage",
        "nrm_ref stage surname forename date_of_birth nominal_ref referral_date "
        "decision_date outcome exploitation_type recorded_date",
    ),
    (
        "response",
        "alert_feedback",
        "incremental",
        "alert_ref",
        "alert_ref surname forename date_of_birth postcode model alert_date decision "
        "decision_date recorded_date",
    ),
    (
        "response",
        "interventions",
        "incremental",
        "intervention_ref",
        "intervention_ref alert_ref surname forename date_of_birth type start_date end_date "
        "outcome recorded_date",
    ),
    (
        "somerset_children",
        "people",
        "full",
        "som_id",
        "som_id full_name dob gender ethnic_group age_band upn nhs_no nino address "
        "post_code adopted_closed date_added",
    ),
    (
        "somerset_children",
        "family_members",
        "full",
        "household_ref som_id",
        "household_ref som_id member_type from_date to_date date_added",
    ),
    (
        "somerset_children",
        "episodes",
        "incremental",
        "episode_id",
        "episode_id som_id type_code detail start_date end_date outcome date_added",
    ),
    (
        "somerset_children",
        "attendance",
        "incremental",
        "som_id academic_year",
        "som_id academic_year year_start school_urn percent_attended unauthorised_percent "
        "date_added",
    ),
    (
        "somerset_housing",
        "accounts",
        "full",
        "account_no person_no",
        "account_no person_no full_name dob nino relation address post_code tenancy_start "
        "tenancy_end in_arrears date_added",
    ),
)

_YEARLY = frozenset(
    {
        "bristol_education/enrolments",
        "bristol_education/pupil_contacts",
        "bristol_revenues/council_tax",
        "bristol_social_care/addresses",
        "gazetteer/addresses",
        "health/gp_registrations",
        "school_register/schools",
    }
)
_PARQUET = frozenset({"bristol_education/attendance", "health/gp_registrations"})

LAYOUTS: dict[str, Layout] = {
    f"{system}/{extract}": Layout(
        system,
        extract,
        tuple(columns.split()),
        tuple(key.split()),
        kind == "full",
        f"{system}/{extract}" in _YEARLY,
        f"{system}/{extract}" in _PARQUET,
        _STYLES.get(system, "iso"),
    )
    for system, extract, kind, key, columns in _DECLARED
}
"""Every extract by its name ``system/extract``."""
