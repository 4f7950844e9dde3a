"""The titles of metrics, targets, tables and figures, and how to read them."""

METRIC_TITLES = {
    "dice": "Dice (F1)",
    "iou": "IoU",
    "recall": "Recall",
    "specificity": "Specificity",
    "precision": "Precision",
    "auc": "AUC",
    "mae": "MAE",
    "micro_f1": "Accuracy (micro F1)",
    "micro_precision": "Micro precision",
    "micro_recall": "Micro recall",
    "macro_f1": "Macro F1",
    "balanced_accuracy": "Balanced accuracy",
    "quadratic_kappa": "Quadratic kappa",
    "auc_severe": "AUC, severe or worse",
    "spearman": "Spearman",
}


TARGET_TITLES = {
    "infection": "Infection",
    "ggo": "Ground-glass opacity",
    "consolidation": "Consolidation",
    "overall_without_background": "Overall, without background: mean of GGO and consolidation",
    "overall": "Overall, as in the paper: mean of background, GGO and consolidation",
    "background": "Background",
    "patients_fitted": "Patients, fitted cut-offs",
    "patients_published": "Patients, published cut-offs",
    "patients": "Patients, without cut-offs",
    "slices_fitted": "Slices, fitted cut-offs",
    "slices_published": "Slices, published cut-offs",
    "severity": "As printed in the paper (pictures; cut-offs not stated)",
}


TABLE_TITLES = {
    2: ("Table II", "Infection, single network"),
    3: ("Table III", "GGO and consolidation, prior predicted by the single network"),
    4: ("Table IV", "GGO and consolidation, oracle: the prior is the truth of the test slices"),
    5: ("Table V", "Severity"),
}


TABLE_NOTES = {
    2: "The threshold of the map was chosen on the validation slices.",
    3: "How the method works on new slices: it is given nothing but the picture.",
    4: "An upper bound, not a result: the network is told where the infection is and only names its kind.",
    5: "Accuracy alone says little where most patients share a class; read it beside the picture-blind baseline, and "
    "prefer balanced accuracy, kappa and AUC.",
}


# By file name without suffix: title, what is seen (the alternative text), how to read it.
FIGURES = {
    "single_comparison": (
        "Infection found by each method",
        "Grid of test slices; columns are the CT, the true infection and the infection found by each method.",
        "The largest lesions of different groups and one healthy slice. Dashed white is the truth, solid yellow what "
        "the network found.",
    ),
    "multi_comparison": (
        "Classes found by each method",
        "Grid of test slices; columns are the CT, the true classes and the classes found by each method.",
        "GGO is solid blue, consolidation dashed orange; the prior is the single network's prediction.",
    ),
    "oracle_comparison": (
        "Classes found by each method when the true infection is given",
        "The same grid of test slices; columns are the CT, the true classes and the classes found by each method.",
        "An upper bound, not a result: the prior is the truth, so the network only had to name the kind.",
    ),
    "comparisons": (
        "Methods compared",
        "Differences between every two methods, a row per pair and a column per table, with intervals.",
        "An interval that holds zero shows no difference; p is of a paired permutation test over groups, corrected "
        "for the number of comparisons (Holm). All panels have one scale.",
    ),
    "worst_cases_single": (
        "Where infection is found worst",
        "The test slices with the lowest Dice, a row per method, with the true and the found infection.",
        "Below each picture is what went wrong and the areas; dashed white is the truth, solid yellow the network.",
    ),
    "worst_cases_multi": (
        "Where the classes are found worst",
        "The test slices with the lowest mean Dice of the classes, a row per method, truth beside prediction.",
        "GGO is solid blue, consolidation dashed orange; the prior is the single network's prediction.",
    ),
    "calibration": (
        "Calibration",
        "Share of infected pixels by probability in ten bins, a line per method, and the number of pixels in each bin.",
        "On the diagonal the map means what it says; above it, it is too timid, below too sure.",
    ),
    "augmentation": (
        "Augmentation",
        "Two training slices, and how the first epochs see them, by augmentation, with the contours of the lesions.",
        "Contours follow the picture; the grey patch hides the picture but not the label.",
    ),
    "severity": (
        "Severity of patients",
        "Box plots of the infected share of the lungs by clinical class, and a confusion matrix, for each method.",
        "Above: each dot is a patient; a good method separates the classes, and the cut-offs lie between them. Below: "
        "patients by clinical and predicted score; the diagonal is right.",
    ),
    "severity_roc": (
        "Severe patients told from the others",
        "ROC curves of the infected share of the lungs and of the CT severity score, for each method.",
        "The nearer a curve comes to the upper left corner, the better; the diagonal is guessing.",
    ),
    "severity_regions": (
        "CT severity score and regions of the lungs",
        "CT severity score by clinical class, infected share of each region by clinical score, and shares of GGO and "
        "consolidation.",
        "A region scores 0 where it is free, 1 up to half infected and 2 beyond. Regions are geometric parts of the "
        "lungs, so the score does not compare with published cut-offs.",
    ),
    "learning_curves": (
        "Fine-tuning",
        "Training loss, validation loss and validation Dice by epoch for both networks.",
        "A line per method; of several seeds the mean, each seed thin. The best validation epoch is used.",
    ),
    "pretext_curves": (
        "Pretext task",
        "Reconstruction loss on erased pixels by epoch over the rounds of network and coach.",
        "In white rounds the network learns to inpaint, in grey rounds the coach learns to erase what is hard.",
    ),
    "coach_masks": (
        "What the coach erases",
        "Slices with the erased parts and how the network fills them in, after each round, and the loss by round.",
        "The loss on erased pixels should rise when the coach has learned (grey) and fall when the network has.",
    ),
    "contact_kept": (
        "Lungs kept",
        "Contact sheet of iCTCF slices with the outline of the lungs that were found.",
        "A sample, spread over all slices kept: look for outlines that miss a part of the lungs.",
    ),
    "contact_rejected": (
        "Lungs rejected",
        "Contact sheet of iCTCF slices whose lungs were rejected, with the reason.",
        "A slice rejected wrongly, or kept wrongly above, can be put right with the list of exclusions.",
    ),
}
