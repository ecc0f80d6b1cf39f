// Mapping files: every mistake is named with its place.
import JourneyEvents
import JourneyIngest
import Testing

@Suite struct MappingTests {
    private static let event = "events: [{type: t, id: \"{a}\", occurred_at: {column: b}}]"

    @Test(arguments: [
        ("", "m.yaml:1:1: the mapping is empty"),
        ("- a", "m.yaml:1:1: a mapping is a set of keys, such as format and events"),
        ("a: [", "m.yaml:2:1: did not find expected node content"),
        ("format: csv\nformat: csv\n", "m.yaml:1:1: the same key stands twice: \"format\""),
        ("format: csv\n", "m.yaml:1:1: a mapping needs events"),
        ("events: {}\n", "m.yaml:1:9: events must be a list of events"),
        ("events: []\n", "m.yaml:1:9: events must be a list of events"),
        ("format: xml\n\(event)", "m.yaml:1:9: the format \"xml\" is not csv or ndjson"),
        (
            "delimeter: \";\"\n\(event)",
            "m.yaml:1:1: unknown key \"delimeter\" in a mapping, did you mean \"delimiter\"?"
        ),
        ("delimiter: \";;\"\n\(event)", "m.yaml:1:12: delimiter must be one ASCII character, this is \";;\""),
        ("delimiter: '\"'\n\(event)", "m.yaml:1:12: delimiter and quote are the same character"),
        ("encoding: ebcdic\n\(event)", "m.yaml:1:11: unknown encoding \"ebcdic\""),
        ("header: maybe\n\(event)", "m.yaml:1:9: header must be true or false"),
        ("header: false\n\(event)", "m.yaml:1:9: without a header the columns need names"),
        ("columns: [a, a]\n\(event)", "m.yaml:1:14: the column \"a\" stands twice"),
        ("events:\n  - typ: t\n", "m.yaml:2:5: unknown key \"typ\" in an event, did you mean \"type\"?"),
        ("events:\n  - type: t\n", "m.yaml:2:5: an event needs id"),
        ("events:\n  - type: Page Viewed\n", "m.yaml:2:11: the type \"Page Viewed\" is not snake_case"),
        ("events:\n  - type: t\n    id: x\n", "m.yaml:3:9: the id \"x\" is the same for every row"),
        ("events:\n  - type: t\n    id: \"{x\"\n", "m.yaml:3:9: id \"{x\" has a brace without its partner"),
        ("events:\n  - type: t\n    id: \"{x}\"\n", "m.yaml:2:5: an event needs occurred_at"),
        (
            "events:\n  - {type: t, id: \"{a}\", occurred_at: {column: b, format: YYYY-QQ}}",
            "m.yaml:2:59: \"YYYY-QQ\" is not a format of times"
        ),
        (
            "events:\n  - {type: t, id: \"{a}\", occurred_at: {column: b, zone: Nowhere}}",
            "m.yaml:2:57: unknown time zone \"Nowhere\""
        ),
        (
            "events:\n  - {type: t, id: \"{a}\", occurred_at: {column: b}, amount: \"{c}\"}",
            "m.yaml:2:60: an amount needs a currency"
        ),
        (
            "events:\n  - {type: t, id: \"{a}\", occurred_at: {column: b}, when: {column: c}}",
            "m.yaml:2:58: a condition needs present, equals, in or not"
        ),
        (
            "events:\n  - {type: t, id: \"{a}\", occurred_at: {column: b}, when: {equal: c}}",
            "m.yaml:2:59: unknown key \"equal\" in a condition, did you mean \"equals\"?"
        ),
        (
            "events:\n  - {type: t, id: \"{a}\", occurred_at: {column: b}, properties: some}",
            "m.yaml:2:64: properties must be all, or keys with what they hold"
        ),
    ])
    func `a mistake is named with line and column`(yaml: String, message: String) {
        let error = #expect(throws: RihlaError.self) { try Mapping(yaml: yaml, path: "m.yaml") }
        #expect(error?.code == .invalidInput)
        #expect(error?.message == message)
    }

    @Test func `an absent mapping file is not found`() {
        let error = #expect(throws: RihlaError.self) { try Mapping(path: "/nonexistent/m.yaml") }
        #expect(error?.code == .notFound)
    }
}
