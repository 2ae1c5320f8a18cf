enum VersionCommand: Command {
    static let name = "version"
    static let summary = "Prints the version."
    static let usage = [""]
    static let options: [Arguments.Option] = []

    static func run(_ arguments: Arguments) throws -> Int32 {
        try arguments.noOperands()
        Terminal.write("till \(TillVersion.text)\n")
        return ExitStatus.done
    }
}
