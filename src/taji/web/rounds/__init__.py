"""A round: who is asked what, when; invitations, progress, reminders."""
