//! A guide by task, a page each. All code on these pages is compiled.
//!
//! - [The first runner](first_runner): sender, strategies, runtime; tickets and results
//! - [Your own sender](your_sender): an HTTP service in one page
//! - [In a service](in_a_service): the handle shared by handlers, on tokio
//! - [Strategies](strategies): what each does, their order, from configuration, your own
//! - [Shutdown](shutdown): what is sent, what is given back
//! - [Testing](testing): a day of traffic in milliseconds
//! - [Generic code](generic_code): libraries that work with any sender
//! - [On a chip](on_a_chip): a runner in a `static`
//! - [From Python](from_python): from the library that this crate re-creates

#[doc = include_str!("guide/first_runner.md")]
pub mod first_runner {}

#[doc = include_str!("guide/your_sender.md")]
pub mod your_sender {}

#[doc = include_str!("guide/in_a_service.md")]
pub mod in_a_service {}

#[doc = include_str!("guide/strategies.md")]
pub mod strategies {}

#[doc = include_str!("guide/shutdown.md")]
pub mod shutdown {}

#[doc = include_str!("guide/testing.md")]
pub mod testing {}

#[doc = include_str!("guide/generic_code.md")]
pub mod generic_code {}

#[doc = include_str!("guide/on_a_chip.md")]
pub mod on_a_chip {}

#[doc = include_str!("guide/from_python.md")]
pub mod from_python {}
