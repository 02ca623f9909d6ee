//! The Telegram sender against a small server on the loopback interface.
