using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("MekongTwin.Ingest.Tests")]
[assembly: InternalsVisibleTo("MekongTwin.Benchmarks")]
