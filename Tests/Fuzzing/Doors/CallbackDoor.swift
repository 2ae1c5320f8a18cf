import ColumnStore
import Documents
import Ingest
import Server

/// What a registrar says of a ticket by itself. The first byte says whether it is signed, and of which receipt the word TICKET in the body stands for.
extension Door {
    static let callback = Door(
        name: "callback",
        seeds: {
            [
                #"{"ticket_id":"TICKET","outcome":"accepted","reference":"r"}"#,
                #"{"ticket_id":"TICKET","outcome":"rejected","errors":[{"code":"c","pointer":"/p","message":"m"},"x",null,[1]],"reference":1e999}"#,
                #"{"ticket_id":"7ZZZZZZZZZZZZZZZZZZZZZZZZZ","outcome":"accepted"}"#, #"{"ticket_id":"00000000000000000000000000","outcome":"rejected"}"#, "[]",
            ].flatMap { text in [0, 1, 2].map { [$0] + Array(text.utf8) } }
        },
        words: { ["TICKET", "\"outcome\":\"accepted\"", "\"outcome\":\"rejected\"", "\"errors\":[", "\"reference\":", "\"ticket_id\":", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ"] },
        fuzz: { input in
            guard let first = input.first else { return }
            let store = try CallbackStore.shared.get()
            let text = String(decoding: input.dropFirst(), as: UTF8.self).replacing("TICKET", with: store.ticket(isFresh: first & 2 != 0))
            let body = Array(text.utf8)
            let time = CalendarText.now / 1_000_000
            let isSigned = first & 1 == 1
            guard let secret = WebhookSecret(LittleStore.secret) else { return }
            let signature = isSigned ? WebhookSignature.sign(id: "1", timestamp: time, body: body, secrets: [secret]) : "v1," + String(repeating: "A", count: 43) + "="
            let done = Monitor<Result<Void, Problem>?>(nil)
            store.engine.callback(
                RegistrarCallback(registrar: LittleStore.registrar, webhookID: "1", timestamp: "\(time)", signature: signature, body: body)
            ) { result in done.broadcast { $0 = result } }
            switch done.wait({ $0 }) {
            case .success: precondition(isSigned, "a callback counts that nobody signed")
            case .failure(let problem):
                precondition(!problem.detail.isEmpty && problem.slug != .internalError, "a callback fails: \(problem.detail) \(problem.cause ?? "")")
                precondition(isSigned == (problem.slug != .badSignature), "a callback is judged \(problem.slug)")
            }
        })
}

/// A store whose receipts wait for a registrar.
private final class CallbackStore: @unchecked Sendable {
    // Proof of Sendable: inputs come one after another.
    let engine: Engine
    private let directory: ScratchDirectory
    private var tickets: [String] = []
    private var number = 0

    static let shared: Result<CallbackStore, any Error> = Result { try CallbackStore() }

    private init() throws {
        directory = try ScratchDirectory()
        engine = try Engine(path: directory.path + "/store", options: LittleStore.options)
        try LittleStore.furnish(engine)
    }

    /// The last ticket, or one of a receipt that has not been decided on.
    func ticket(isFresh: Bool) -> String {
        if !isFresh, let last = tickets.last { return last }
        number += 1
        guard case .one(let taken) = LittleStore.take(engine, LittleStore.receipt(number, schema: "taxed")) else { preconditionFailure("a receipt is refused") }
        tickets = [taken.summary.ticketID]
        return taken.summary.ticketID
    }
}
