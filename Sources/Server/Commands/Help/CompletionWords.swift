/// What shells complete: first words, second words, and the options of each command.
struct CompletionWords {
    struct Word {
        let text: String
        let summary: String
    }

    struct Option {
        enum Value {
            case none, file, directory
            /// Nothing that a shell could know.
            case other
        }
        let name: String
        let value: Value
        let help: String
    }

    /// First words, in the order of the help; a family says which second words it has.
    private(set) var firstWords: [Word] = []
    private(set) var secondWords: [(first: String, words: [Word])] = []
    /// By the whole name.
    private(set) var options: [(command: String, options: [Option])] = []

    init(_ commands: [any Command.Type]) {
        for command in commands {
            let words = command.name.split(separator: " ").map(String.init)
            options.append((command.name, (command.options + [Arguments.Option("help", nil, "This text.")]).map(Self.option)))
            guard words.count > 1 else {
                firstWords.append(Word(text: words[0], summary: command.summary))
                continue
            }
            let word = Word(text: words[1], summary: command.summary)
            if let place = secondWords.firstIndex(where: { $0.first == words[0] }) {
                secondWords[place].words.append(word)
            } else {
                secondWords.append((words[0], [word]))
                firstWords.append(Word(text: words[0], summary: ""))
            }
        }
        for (place, first) in firstWords.enumerated() where first.summary.isEmpty {
            let words = secondWords.first { $0.first == first.text }?.words ?? []
            firstWords[place] = Word(text: first.text, summary: words.map(\.text).joined(separator: ", "))
        }
    }

    private static func option(_ option: Arguments.Option) -> Option {
        let value: Option.Value =
            switch option.value {
            case nil: .none
            case "DIR"?: .directory
            case let text? where text.contains("FILE"): .file
            case _?: .other
            }
        return Option(name: option.name, value: value, help: option.help)
    }

    /// In single quotes, as all three shells read it.
    private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: #"'\''"#) + "'" }

    // MARK: bash

    var bash: String {
        var text = """
            # bash completion for till: made by `till completion bash`

            _till() {
                local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} first=${COMP_WORDS[1]} second=${COMP_WORDS[2]} command options seconds
                COMPREPLY=()
                if ((COMP_CWORD == 1)); then
                    mapfile -t COMPREPLY < <(compgen -W '\(firstWords.map(\.text).joined(separator: " ")) help --help --version' -- "$word")
                    return
                fi
                case $first in
            """ + "\n"
        for family in secondWords { text += "        \(family.first)) seconds='\(family.words.map(\.text).joined(separator: " "))' ;;\n" }
        text += """
                esac
                if [[ -n $seconds ]]; then
                    if ((COMP_CWORD == 2)); then
                        mapfile -t COMPREPLY < <(compgen -W "$seconds --help" -- "$word")
                        return
                    fi
                    command="$first $second"
                else
                    command=$first
                fi
                case $command in
            """ + "\n"
        for (command, options) in options {
            let names = options.map { "--" + $0.name }.joined(separator: " ")
            text += "        '\(command)') options='\(names)'"
            let values = options.filter { $0.value != .none }
            if !values.isEmpty {
                text += "\n            case $before in\n"
                for (value, action) in [(Option.Value.directory, "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$word\"); return"), (.file, "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); return"), (.other, "return")] {
                    let matching = values.filter { $0.value == value }.map { "--" + $0.name }
                    if !matching.isEmpty { text += "                \(matching.joined(separator: "|"))) \(action) ;;\n" }
                }
                text += "            esac ;;\n"
            } else {
                text += " ;;\n"
            }
        }
        return text + """
                esac
                if [[ $word == -* ]]; then
                    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
                else
                    compopt -o filenames
                    mapfile -t COMPREPLY < <(compgen -f -- "$word")
                fi
            }
            complete -F _till till
            """ + "\n"
    }

    // MARK: zsh

    /// Within `_arguments`' specifications brackets and colons have a meaning.
    private static func described(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("[", with: "\\[").replacing("]", with: "\\]").replacing(":", with: "\\:")
    }

    private static func zshWords(_ words: [Word]) -> String {
        words.map { "        " + quoted("\($0.text):" + described($0.summary)) + "\n" }.joined()
    }

    var zsh: String {
        var text = """
            #compdef till
            # zsh completion for till: made by `till completion zsh`

            _till() {
                local -a words_of
                local command=$words[2]
                if ((CURRENT == 2)); then
                    words_of=(
            \(Self.zshWords(firstWords))        )
                    _describe command words_of
                    return
                fi
                case $command in
            """ + "\n"
        for family in secondWords {
            text += "    \(family.first))\n        if ((CURRENT == 3)); then\n            words_of=(\n\(Self.zshWords(family.words))            )\n"
            text += "            _describe command words_of\n            return\n        fi\n        command=\"$words[2] $words[3]\"\n        shift words; ((CURRENT--)) ;;\n"
        }
        text += "    esac\n    shift words; ((CURRENT--))\n    case $command in\n"
        for (command, options) in options {
            text += "    '\(command)') _arguments"
            for option in options {
                let value =
                    switch option.value {
                    case .none: ""
                    case .file: ":file:_files"
                    case .directory: ":directory:_files -/"
                    case .other: ":value: "
                    }
                text += " \\\n        " + Self.quoted("*--\(option.name)[\(Self.described(option.help))]\(value)")
            }
            text += " \\\n        '*:file:_files' ;;\n"
        }
        return text + "    esac\n}\n\nif [ \"$funcstack[1]\" = _till ]; then _till \"$@\"; else compdef _till till; fi\n"
    }

    // MARK: fish

    var fish: String {
        var text = "# fish completion for till: made by `till completion fish`\n\nset -l first \(firstWords.map(\.text).joined(separator: " "))\n"
        for word in firstWords { text += "complete -c till -n __fish_use_subcommand -x -a \(word.text) -d \(Self.fishQuoted(word.summary))\n" }
        for family in secondWords {
            let seconds = family.words.map(\.text).joined(separator: " ")
            for word in family.words {
                text += "complete -c till -n '__fish_seen_subcommand_from \(family.first); and not __fish_seen_subcommand_from \(seconds)' -x -a \(word.text) -d \(Self.fishQuoted(word.summary))\n"
            }
        }
        for (command, options) in options {
            let condition = command.split(separator: " ").map { "__fish_seen_subcommand_from \($0)" }.joined(separator: "; and ")
            for option in options {
                let value =
                    switch option.value {
                    case .none: ""
                    case .file: " -r -F"
                    case .directory: " -x -a '(__fish_complete_directories)'"
                    case .other: " -x"
                    }
                text += "complete -c till -n '\(condition)' -l \(option.name)\(value) -d \(Self.fishQuoted(option.help))\n"
            }
        }
        return text
    }

    /// fish reads a backslash within single quotes.
    private static func fishQuoted(_ text: String) -> String { "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'" }
}
