//! The healthy soak.
