//! `medtwin`: a digital twin of medical devices under attack.

fn main() -> std::process::ExitCode {
    medtwin::main()
}
