/// A start that is refused, as a line of the log: what reads the lines of a server reads nothing else.
enum StartRefusal {
    private static let event = "the server did not start"

    /// Writes a line for each fault, beside the text that the command says to people; nothing where the log is text itself.
    static func note(_ error: any Error, _ format: Log.Format) {
        guard format == .json else { return }
        let log = Log(format: format, level: .error)
        switch error {
        case let errors as SettingErrors: for error in errors.errors { note(error, log) }
        case let error as SettingError: note(error, log)
        default: log.error(event, ["reason": .text(ErrorText.describe(error))])
        }
    }

    private static func note(_ error: SettingError, _ log: Log) {
        log.error(event, ["key": .text(error.key), "source": .text(error.source ?? ""), "reason": .text(error.message)])
    }
}
