/// Writes what a shell needs to complete `till`'s commands and options.
enum CompletionCommand: Command {
    static let name = "completion"
    static let summary = "Prints the completion of commands and options for a shell."
    static let usage = ["bash|zsh|fish"]
    static let options: [Arguments.Option] = []

    static func run(_ arguments: Arguments) throws -> Int32 {
        let shell = try arguments.operand("a shell (bash, zsh or fish)")
        let words = CompletionWords(CommandTable.all)
        switch shell {
        case "bash": Terminal.write(words.bash)
        case "zsh": Terminal.write(words.zsh)
        case "fish": Terminal.write(words.fish)
        default: throw UsageError("there is no completion for \(shell): bash, zsh and fish have one")
        }
        return ExitStatus.done
    }
}
