/// What a call names and the store does not have, or does not show to this caller: callers cannot distinguish the two. One case for each kind of thing, so that
/// all doors say it in the same words, and timing does not give it away either.
package enum Absence: Sendable, Hashable {
    case queue(String)
    case topic(String)
    case subscription(String, topic: String)
    /// Nil where the name is not to be repeated.
    case process(String?)
    case execution
    /// Of a token, which is a secret.
    case task
    case type(String)
    case table(String)
    case rollup(String?)
    case receipt(String)
    case ticket(String)
    case deadLetter(String)
    case quarantineEntry(String)
    case upload
    case export
    case contract(client: String)
    case key(String, client: String?)

    var text: String {
        switch self {
        case .queue(let name): "there is no queue \(name)"
        case .topic(let name): "there is no topic \(name)"
        case .subscription(let name, let topic): "the topic \(topic) has no subscription \(name)"
        case .process(let name): "there is no process " + (name ?? "of this name")
        case .execution: "there is no execution of this id"
        case .task: "there is no task of this token"
        case .type(let name): "there is no type \(name)"
        case .table(let name): "there is no table \(name)"
        case .rollup(let name): "there is no rollup " + (name ?? "of this name")
        case .receipt(let id): "there is no receipt \(id)"
        case .ticket(let id): "there is no ticket \(id)"
        case .deadLetter(let id): "there is no dead letter \(id)"
        case .quarantineEntry(let id): "there is no quarantine entry \(id)"
        case .upload: "there is no upload of this id"
        case .export: "there is no export of this id"
        case .contract(let client): "there is no contract of \(client)"
        case .key(let id, let client): client.map { "there is no key \(id) of \($0)" } ?? "no operator has a key \(id)"
        }
    }
}

extension Fault {
    /// `not-found`, of one kind of thing.
    package static func absent(_ absence: Absence) -> Fault { Fault(.notFound, absence.text) }
}
