SELECT control.replicated_until() AS replicated_until
