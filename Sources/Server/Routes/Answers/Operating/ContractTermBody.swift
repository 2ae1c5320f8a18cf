internal import ColumnStore
internal import Documents
internal import Ingest

/// What a contract may do for a time.
struct ContractTermBody: JSONObject {
    let subscription: Contract.Subscription

    static var schemaName: String? { "ContractSubscription" }
    static var isClosed: Bool { true }
    static var example: ContractTermBody { ContractTermBody(subscription: .init(access: .read, scope: .own)) }

    private static func free(_ description: StaticString) -> MemberFacts { MemberFacts(description, isRequired: false) }

    func members(to sink: inout some MemberSink) {
        sink.member("from", subscription.from.map { InstantOrDayForm(instant: $0) }, Self.free("Inclusive; null: since ever."))
        sink.member("to", subscription.to.map { InstantOrDayForm(instant: $0) }, Self.free("Exclusive; null: without end."))
        sink.member("access", WordForm(subscription.access), Self.free("The contract's unless said."))
        sink.member("scope", WordForm(subscription.scope), Self.free("The contract's unless said."))
        sink.member("types", subscription.types, Self.free("Document types that it may post; null for all."))
        sink.member("sensitive", subscription.seesSensitive, Self.free("Whether values of sensitive columns are shown: false unless said."))
        sink.member("roles", subscription.roles, Self.free("Labels for the callers' own use."))
        sink.member("plan", subscription.plan, Self.free("A name for the callers' own use."))
    }
}

/// An instant; a date alone means its midnight UTC.
struct InstantOrDayForm: BodyForm {
    let instant: Int64
    static var schema: SchemaText { SchemaText("string", keywords: [("anyOf", #"[{"format":"date-time"},{"format":"date"}]"#)]) }
    func write(to writer: inout JSONWriter) { writer.string(CalendarText.text(instant: instant)) }
}
