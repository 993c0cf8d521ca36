using MekongTwin.Scenarios.Screening;

namespace MekongTwin.Scenarios.Studies;

/// <summary>How far a study is.</summary>
/// <param name="Solved">Share of its futures that is solved, 0 to 1.</param>
/// <param name="Screening">What is screened now, after all are solved; null before.</param>
public readonly record struct StudyProgress(double Solved, Screen? Screening);
