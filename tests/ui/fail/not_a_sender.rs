use telegram_sender::SenderRunner;

struct Nothing;

fn main() {
    let _ = SenderRunner::builder(Nothing);
}
