"""From maps and lungs to the severity of patients."""
